import type { LineCoverage, SourceCoverage, UnreachedReason } from '../../model/code-coverage.ts';

/** How many there are, and how many of them were reached. */
export interface Share {
  readonly reached: number;
  readonly all: number;
}

/** Lines and branches of some lines: a file's, or a function's. */
export function sharesOf(lines: readonly LineCoverage[]): {
  readonly lines: Share;
  readonly branches: Share;
} {
  return {
    lines: shareOf(lines.map(({ count }) => count)),
    branches: shareOf(lines.flatMap(({ branches }) => branches)),
  };
}

/** How many of some counts are not 0. */
export function shareOf(counts: readonly number[]): Share {
  return { reached: counts.filter(count => count > 0).length, all: counts.length };
}

/** A share as text: `321 of 340`. */
export function shareText({ reached, all }: Share): string {
  return `${reached} of ${all}`;
}

/** What was not reached of a source, compared with the reasons that are stated. */
export interface UnreachedCode {
  /** Lines without a reason. */
  readonly open: readonly LineCoverage[];
  readonly explained: readonly { readonly line: LineCoverage; readonly because: string }[];
  /** Reasons that are of no line or of a line that was reached, one line of text each. */
  readonly stale: readonly string[];
}

/** Compares the lines that were not reached with the stated reasons. */
export function unreachedOf(source: SourceCoverage): UnreachedCode {
  const because = new Map<number, string>();
  const stale: string[] = [];
  for (const reason of source.reasons) {
    const lines = linesWith(reason, source.lines);
    for (const { line } of lines) because.set(line, reason.because);
    stale.push(...staleText(reason, lines, source));
  }
  const unreached = source.lines.filter(({ count }) => count === 0);
  return {
    open: unreached.filter(({ line }) => !because.has(line)),
    explained: unreached.flatMap(line => {
      const why = because.get(line.line);
      return why === undefined ? [] : [{ line, because: why }];
    }),
    stale,
  };
}

/** The lines of a reason: its code ends on them. It may begin on lines before, by which lines of the same text are distinguished. */
function linesWith(
  { function: name, code }: UnreachedReason,
  lines: readonly LineCoverage[],
): LineCoverage[] {
  const wanted = withSingleBlanks(code);
  let before = '';
  return lines
    .filter(line => line.function === name)
    .filter(({ text }) => {
      const begin = before.length;
      before += `${withSingleBlanks(text)} `;
      return before.includes(wanted, Math.max(0, begin - wanted.length + 1));
    });
}

function withSingleBlanks(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

function staleText(
  { list, function: name, code }: UnreachedReason,
  lines: readonly LineCoverage[],
  { source, lines: all }: SourceCoverage,
): string[] {
  const which = `${list}: unreached \`${withSingleBlanks(code)}\` of ${name}`;
  if (!all.some(one => one.function === name)) return [`${which}: ${source} has no such function`];
  if (lines.length === 0) return [`${which}: ${source} has no such line`];
  const reached = lines.filter(({ count }) => count > 0);
  if (reached.length === 0) return [];
  return [`${which}: reached, in ${reached.map(({ line }) => `${source}:${line}`).join(', ')}`];
}
