/** A published defect of the kernel, as a scenario's `cve` states it. For readers only: no status is derived from it. */
export interface CveFacts {
  /** `CVE-2026-23359`. */
  readonly id: string;
  /** Subject of the upstream commit that fixes it. */
  readonly subject: string;
  /** That commit, abbreviated; null where it is not known. */
  readonly commit: string | null;
  /** Upstream releases that were the first of their series with the fix. */
  readonly fixed: readonly string[];
}

/**
 * What a cell shows about a kernel and a defect, worst first: the order in which a table lists them, and by which several cells of one
 * defect are one.
 *
 * - `vulnerable`: the kernel showed the defect's own evidence.
 * - `not-shown`: the cell says nothing about the defect: it was skipped for lack of a means, spoiled, or failed in another way.
 * - `fixed`: the kernel went through the trigger and did what the scenario states.
 * - `not-affected`: a guest or the configuration shows that the kernel does not have the code at all.
 */
export const CVE_STATUSES = ['vulnerable', 'not-shown', 'fixed', 'not-affected'] as const;

/** One of {@link CVE_STATUSES}. */
export type CveStatus = (typeof CVE_STATUSES)[number];

/** The status of a cell, and what it rests on. */
export interface CveFinding {
  readonly status: CveStatus;
  /** One line: the evidence, or why there is none. Empty where nothing is to be said. */
  readonly why: string;
}
