import { isExcused } from '../model/verdict.ts';
import type { CellResult } from '../model/cell.ts';
import { groupBy } from '../util/group-by.ts';
import { cveLines } from './cve/cve-lines.ts';
import { codeLines } from './code/code-lines.ts';
import { sumPhases, type RunSummary } from './fold.ts';
import { laterTries, laterTriesText, triesText } from './later-tries.ts';
import { buildMatrix, type MatrixGroup, type Square } from './matrix.ts';
import type { Paint } from './paint.ts';
import { isRedStatus, STATUSES, STATUS_LOOKS } from './status.ts';
import { cellLabel, count, formatMs, oneLine, padTo, textWidth } from './text.ts';

/** Returns the end of the terminal report. The most important part comes last, where people look first: red cells, then counts and exit code. */
export function closingText(summary: RunSummary, columns: number, paint: Paint): string {
  const blocks = [
    matrixLines(summary, columns, paint),
    quietLines(summary, paint),
    kernelLines(summary, paint),
    laterLines(summary, paint),
    timeLines(summary, paint),
    codeLines(summary, paint),
    redLines(summary, paint),
    cveLines(summary, paint),
    lastLines(summary, paint),
  ];
  return blocks
    .filter(block => block.length > 0)
    .map(block => `\n${block.join('\n')}\n`)
    .join('');
}

/** Returns the matrix, split into several if its columns are wider than the terminal. */
function matrixLines(summary: RunSummary, columns: number, paint: Paint): string[] {
  const matrix = buildMatrix(summary);
  const rows = matrix.groups.flatMap(labelledRows);
  if (rows.length === 0) return [];
  const label = Math.max(...rows.map(row => textWidth(row.label)));
  const heads = matrix.kernels.map(oneLine);
  const widths = heads.map((head, i) =>
    Math.max(textWidth(head), ...rows.map(row => textWidth(squareText(row.squares[i] ?? null)))),
  );
  const lines = parts(widths, columns > 0 ? columns - label : Infinity).map(part => {
    const line = (name: string, show: (i: number) => string): string =>
      [padTo(name, label), ...part.map(show)].join('  ').trimEnd();
    const head = line('', i => paint('bold', padTo(heads[i] ?? '', widths[i] ?? 0)));
    const body = rows.map(({ label: name, squares }) =>
      squares.length === 0 ? name : line(name, i => paintedSquare(squares[i] ?? null, widths[i] ?? 0, paint)),
    );
    return [head, ...body].join('\n');
  });
  return [lines.join('\n\n')];
}

/** Returns one line for a scenario with one row; otherwise a heading and one line per row. */
function labelledRows(group: MatrixGroup): { label: string; squares: readonly Square[] }[] {
  const [first, ...others] = group.rows;
  if (first !== undefined && others.length === 0) {
    return [{ label: `${group.scenario} ${first.label}`.trimEnd(), squares: first.squares }];
  }
  return [
    { label: group.scenario, squares: [] },
    ...group.rows.map(row => ({ label: `  ${row.label}`, squares: row.squares })),
  ];
}

function squareText(square: Square): string {
  return square === null ? '·' : `${STATUS_LOOKS[square].glyph} ${square}`;
}

function paintedSquare(square: Square, width: number, paint: Paint): string {
  const text = padTo(squareText(square), width);
  return square === null ? text : paint(STATUS_LOOKS[square].colour, text);
}

/** Splits column indexes into parts that fit a width. A part has at least one column. */
function parts(widths: readonly number[], room: number): number[][] {
  const out: number[][] = [];
  let used = 0;
  widths.forEach((width, i) => {
    used += width + 2;
    if (i === 0 || used > room) {
      out.push([]);
      used = width + 2;
    }
    out.at(-1)?.push(i);
  });
  return out;
}

/** Returns known failures and skips, grouped by scenario and reason, each with its kernels. */
function quietLines(summary: RunSummary, paint: Paint): string[] {
  const quiet = [...summary.results.values()].filter(r => isExcused(r.verdict));
  const groups = [...groupBy(quiet, r => `${r.verdict}\0${r.cell.scenario}\0${r.reason}`).values()];
  return groups
    .toSorted((a, b) => rank(a[0]) - rank(b[0]))
    .flatMap(([first, ...rest]) => {
      if (first === undefined) return [];
      const met = new Set([first, ...rest].map(r => r.cell.kernel));
      const kernels = summary.kernels.filter(kernel => met.has(kernel.id)).map(kernel => oneLine(kernel.id));
      const cells =
        rest.length === 0 ? cellLabel(first.cell) : `${oneLine(first.cell.scenario)} ×${rest.length + 1}`;
      const word = paint(STATUS_LOOKS[first.verdict].colour, first.verdict.padEnd(5));
      return [`${word}  ${kernels.join(' ')}  ${cells}  ${paint('dim', oneLine(first.reason))}`];
    });
}

/** Maximum number of cells that are listed with what spoiled their first try. */
const MOST_LATER = 20;

/** Returns one line per cell that needed a second try: where the host spoils tries, a green run is worth less. */
function laterLines(summary: RunSummary, paint: Paint): string[] {
  const later = laterTries(summary);
  const lines = later.slice(0, MOST_LATER).map(r => {
    const word = paint(STATUS_LOOKS[r.verdict].colour, r.verdict.padEnd(5));
    return `${word}  ${oneLine(r.cell.kernel)}  ${cellLabel(r.cell)}  ${paint('yellow', triesText(r))}`;
  });
  return later.length > MOST_LATER ? [...lines, `and ${later.length - MOST_LATER} more`] : lines;
}

function rank(result: CellResult | undefined): number {
  return result === undefined ? 0 : STATUSES.indexOf(result.verdict);
}

function kernelLines(summary: RunSummary, paint: Paint): string[] {
  const results = [...summary.results.values()];
  // The lines of the red cells below have it, as a rule.
  const isSaid = (id: string, failure: string): boolean =>
    results.some(({ cell, reason }) => cell.kernel === id && reason.includes(failure));
  return summary.kernels.flatMap(kernel => [
    ...(kernel.failure === null || isSaid(kernel.id, kernel.failure)
      ? []
      : [`kernel ${oneLine(kernel.id)}: ${paint('magenta', oneLine(kernel.failure))}`]),
    ...(kernel.column?.notes ?? []).map(note => `kernel ${oneLine(kernel.id)}: ${oneLine(note)}`),
  ]);
}

function timeLines(summary: RunSummary, paint: Paint): string[] {
  const phases = Object.entries(sumPhases(summary.kernels)).toSorted(([, a], [, b]) => b - a);
  const prepared = summary.kernels.reduce((sum, kernel) => sum + kernel.prepareMs, 0);
  if (phases.length === 0) return [];
  const spent = [['kernels', prepared] as const, ...phases].filter(([, ms]) => ms >= 1);
  return [
    paint(
      'dim',
      `time: ${spent.map(([name, ms]) => `${oneLine(name)} ${formatMs(ms)}`).join(', ')} (summed over guests)`,
    ),
  ];
}

/** How many red cells are listed at the end; the matrix has all of them. */
const RED_LINES = 100;

/** Returns one line per red cell, the worst first. Details are further up, or in the run's folder. */
function redLines(summary: RunSummary, paint: Paint): string[] {
  const red = [
    ...[...summary.results.values()].map(r => ({
      status: r.verdict,
      cell: r.cell,
      reason: r.reason,
      dir: r.dir,
    })),
    ...summary.unfinished.map(u => ({ status: 'unfinished' as const, ...u, dir: '' })),
  ].filter(r => isRedStatus(r.status));
  const words = Math.max(0, ...red.map(r => r.status.length));
  const kernels = Math.max(0, ...red.map(r => textWidth(oneLine(r.cell.kernel))));
  const worstFirst = STATUSES.flatMap(status => red.filter(r => r.status === status));
  const lines = worstFirst.slice(0, RED_LINES).map(r => {
    const word = paint(STATUS_LOOKS[r.status].colour, r.status.padEnd(words));
    const head = `${word}  ${padTo(oneLine(r.cell.kernel), kernels)}  ${cellLabel(r.cell)}`;
    return r.reason === '' ? head : `${head}  ${oneLine(r.reason)}`;
  });
  const more = worstFirst.length - lines.length;
  return more === 0 ? lines : [...lines, `and ${count(more, 'more red cell')}`];
}

function lastLines(summary: RunSummary, paint: Paint): string[] {
  const counts = STATUSES.map(status => {
    const n = status === 'unfinished' ? summary.unfinished.length : summary.counts[status];
    return n === 0 ? '' : paint(STATUS_LOOKS[status].colour, `${n} ${status}`);
  }).filter(text => text !== '');
  const cells = `${count(summary.cells.length, 'cell')} on ${count(summary.kernels.length, 'kernel')}`;
  const state = !summary.complete
    ? ['cut off: the end of the run was not seen']
    : summary.interrupted
      ? ['interrupted']
      : [];
  const exit = paint('bold', `exit ${summary.exitCode}`);
  const accel = summary.host === null ? [] : [summary.host.accel];
  const what = counts.length === 0 ? ['nothing ran'] : [counts.join(', ')];
  const later = laterTriesText(summary);
  const tries = later === '' ? [] : [paint('yellow', later)];
  return [[...what, ...tries, cells, ...accel, formatMs(summary.durationMs), ...state, exit].join(' · ')];
}
