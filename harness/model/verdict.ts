/** The verdicts of DESIGN.md, worst first: the order in which a summary lists them. */
export const VERDICTS = [
  'panic',
  'hang',
  'fail',
  'fixed',
  'error',
  'infra',
  'known',
  'skip',
  'pass',
] as const;

/** What became of a cell. */
export type Verdict = (typeof VERDICTS)[number];

/** How many cells ended in each verdict. */
export type VerdictCounts = Readonly<Record<Verdict, number>>;
