/** A function of a measured source that is called, and not only inlined. */
export interface FunctionCoverage {
  readonly name: string;
  /** Where it begins, from 1. */
  readonly line: number;
  /** How often it was entered. */
  readonly count: number;
}

/** A line of a measured source that the compiler made code of. */
export interface LineCoverage {
  /** From 1. */
  readonly line: number;
  /** Name of its function; '' outside of functions. */
  readonly function: string;
  /** Its text, with the blanks in front; '' if the source could not be read. */
  readonly text: string;
  /** How often it was executed. */
  readonly count: number;
  /** How often each of its branches was taken, in the order of the compiler. */
  readonly branches: readonly number[];
}

/** Why a line of a measured source is not reached, as a `coverage.yaml` states it. */
export interface UnreachedReason {
  /** The file that states it. */
  readonly list: string;
  readonly function: string;
  /** Part of the text of the line, which may begin on lines before. */
  readonly code: string;
  readonly because: string;
}

/** What was executed of one source file; see `MeasuredSource`. Lines and functions are in the order of the file. */
export interface SourceCoverage {
  /** In the tree: `kernel/bpf/cpumap.c`. */
  readonly source: string;
  /** On the host that measured it, absolute. */
  readonly path: string;
  readonly functions: readonly FunctionCoverage[];
  readonly lines: readonly LineCoverage[];
  readonly reasons: readonly UnreachedReason[];
}

/** What cells executed of a kernel's measured sources, summed over the cells. */
export interface CodeCoverage {
  /** How many cells the counts are of. */
  readonly cells: number;
  /** Cells without counters, by why. */
  readonly missing: readonly { readonly why: string; readonly cells: number }[];
  readonly sources: readonly SourceCoverage[];
}

/** A count as it is kept: gcov computes some counts from others, and counters that a guest wrote need not be sound. */
export function boundedCount(count: number): number {
  return Math.min(Math.max(0, count), Number.MAX_SAFE_INTEGER);
}

/** Sums two measurements of one source file; null if they are of different code, whose lines cannot be compared. */
export function addSources(a: SourceCoverage, b: SourceCoverage): SourceCoverage | null {
  if (a.source !== b.source || shapeOf(a) !== shapeOf(b)) return null;
  const sum = (x: number, y: number | undefined): number => boundedCount(x + (y ?? 0));
  const stated = new Map([...a.reasons, ...b.reasons].map(one => [JSON.stringify(one), one]));
  return {
    ...a,
    functions: a.functions.map((one, i) => ({ ...one, count: sum(one.count, b.functions[i]?.count) })),
    lines: a.lines.map((one, i) => ({
      ...one,
      count: sum(one.count, b.lines[i]?.count),
      branches: one.branches.map((taken, j) => sum(taken, b.lines[i]?.branches[j])),
    })),
    reasons: [...stated.values()],
  };
}

/** Everything but the counts. */
function shapeOf({ functions, lines }: SourceCoverage): string {
  return JSON.stringify([
    functions.map(({ name, line }) => [name, line]),
    lines.map(({ line, function: name, text, branches }) => [line, name, text, branches.length]),
  ]);
}

/** Sums reasons for missing counters, the most frequent one first. */
export function addMissing(all: CodeCoverage['missing']): CodeCoverage['missing'] {
  const cells = new Map<string, number>();
  for (const one of all) cells.set(one.why, (cells.get(one.why) ?? 0) + one.cells);
  return [...cells].map(([why, n]) => ({ why, cells: n })).toSorted((a, b) => b.cells - a.cells);
}
