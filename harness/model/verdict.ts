/** What the consumers of a verdict need to know about it. */
interface VerdictFacts {
  /** A red cell is listed by name, counts for `--max-failures`, and makes the run's exit code other than 0. */
  readonly red: boolean;
  /** The host, the harness or the scenario spoiled the cell: it says nothing about the kernel. */
  readonly spoiled: boolean;
  /** Whether the kernel did what the scenario states; null where the cell does not answer that. */
  readonly held: boolean | null;
}

/** Every verdict with its facts, worst first: the order in which a summary lists them. What each one means: README, "Verdicts". */
export const VERDICTS = {
  panic: { red: true, spoiled: false, held: false },
  hang: { red: true, spoiled: false, held: false },
  fail: { red: true, spoiled: false, held: false },
  fixed: { red: true, spoiled: false, held: true },
  error: { red: true, spoiled: true, held: null },
  infra: { red: true, spoiled: true, held: null },
  known: { red: false, spoiled: false, held: false },
  skip: { red: false, spoiled: false, held: null },
  pass: { red: false, spoiled: false, held: true },
} as const satisfies Readonly<Record<string, VerdictFacts>>;

/** The outcome of a cell. */
export type Verdict = keyof typeof VERDICTS;

/** The verdicts, worst first. */
export const VERDICT_NAMES = Object.keys(VERDICTS) as [Verdict, ...Verdict[]];

/** How many cells ended in each verdict. */
export type VerdictCounts = Readonly<Record<Verdict, number>>;

/** Whether the verdict makes a run red. */
export function isRed(verdict: Verdict): boolean {
  return VERDICTS[verdict].red;
}

/** Whether the cell says nothing about the kernel, because of the host, the harness or the scenario. */
export function isSpoiled(verdict: Verdict): boolean {
  return VERDICTS[verdict].spoiled;
}

/** Whether the kernel did what the scenario states; null where the cell does not answer that. */
export function held(verdict: Verdict): boolean | null {
  return VERDICTS[verdict].held;
}

/** Whether the cell is green without a pass, so that a report says why: a known failure, or a skip. */
export function isExcused(verdict: Verdict): boolean {
  return !isRed(verdict) && held(verdict) !== true;
}

/** How many results ended in each verdict. */
export function countVerdicts(results: Iterable<{ readonly verdict: Verdict }>): VerdictCounts {
  const counts = Object.fromEntries(VERDICT_NAMES.map(name => [name, 0])) as Record<Verdict, number>;
  for (const { verdict } of results) counts[verdict] += 1;
  return counts;
}

/** How many of the counted cells have a verdict of a kind: `countWhere(counts, isRed)`. */
export function countWhere(counts: VerdictCounts, is: (verdict: Verdict) => boolean): number {
  return VERDICT_NAMES.filter(is).reduce((sum, name) => sum + counts[name], 0);
}
