import type { VerdictCounts } from '../model/verdict.ts';

/** What a run comes down to. */
export interface RunOutcome {
  readonly counts: VerdictCounts;
  /** Planned cells without a verdict. */
  readonly unfinished: number;
  /** The signal that ended the run early, or null. */
  readonly signal: 'SIGINT' | 'SIGTERM' | null;
}

/** Exit codes of DESIGN.md. */
export const EXIT = { ok: 0, red: 1, usage: 2, infra: 3, nothing: 4, SIGINT: 130, SIGTERM: 143 } as const;

/** The one exit code of a run. A planned cell without a verdict makes it red. */
export function exitCode({ counts, unfinished, signal }: RunOutcome): number {
  if (signal !== null) return EXIT[signal];
  if (counts.fail + counts.panic + counts.hang + counts.fixed > 0) return EXIT.red;
  if (counts.infra + counts.error > 0) return EXIT.infra;
  if (unfinished > 0) return EXIT.red;
  if (counts.pass + counts.known === 0) return EXIT.nothing;
  return EXIT.ok;
}
