import { groupBy } from '../../util/group-by.ts';
import type { Paint } from '../paint.ts';
import { STATUSES, STATUS_LOOKS, type CellStatus } from '../status.ts';
import { count, oneLine, padTo, textWidth, variantText } from '../text.ts';
import type { Flip } from './cell-course.ts';
import {
  historyCode,
  type History,
  type HistoryCell,
  type HistoryRun,
  type LastingChange,
} from './history.ts';

/** Lines of one kind in the text; the page and the JSON have all. */
const MOST_LINES = 20;

/** Rows of the table of what changed. */
const MOST_ROWS = 60;

/** Runs that are listed and shown of each cell, the newest ones. */
const MOST_RUNS = 30;

/** Returns a history as text for people. As in a run's report, the most important part comes last. */
export function historyText(history: History, paint: Paint): string {
  const blocks = [
    runLines(history, paint),
    buildLines(history),
    tableLines(history, paint),
    block(
      'gone',
      history.gone.map(({ id, last }) => `${oneLine(id)}: last in ${runName(history, last)}`),
    ),
    block(
      'fixed',
      history.fixed.map(change => changeLine(history, change, 'good since', 'bad until')),
    ),
    block('flakes', flakeLines(history)),
    block(
      'regressions',
      history.regressions.map(change => changeLine(history, change, 'bad since', 'good until')),
    ),
    [paint('bold', lastLine(history))],
  ];
  return blocks
    .filter(lines => lines.length > 0)
    .map(lines => `${lines.join('\n')}\n`)
    .join('\n');
}

/** Returns the name of a run in a history: `run 3 (20260314-092653-3f9a)`. */
export function runName({ runs }: Pick<History, 'runs'>, index: number): string {
  const run = runs[index];
  return `run ${index + 1} (${oneLine(run?.runId ?? run?.folder ?? '')})`;
}

/** Returns how many cells of a run ended in each status: `1 fail, 9 pass`. */
export function runCounts({ counts, unfinished }: HistoryRun): string {
  const number = (status: CellStatus): number => (status === 'unfinished' ? unfinished : counts[status]);
  const parts = STATUSES.filter(status => number(status) > 0).map(status => `${number(status)} ${status}`);
  return parts.length === 0 ? 'nothing ran' : parts.join(', ');
}

/** Returns when a run began, `2026-03-14 09:26 UTC`. */
export function runTime({ startedAt }: HistoryRun): string {
  return startedAt === null ? 'no start' : startedAt.replace('T', ' ').replace(/:\d\d(?:\.\d+)?Z$/, ' UTC');
}

/** Returns the builds between which a cell changed; '' if it was the same build. */
export function buildsText({ builds }: Flip): string {
  return builds === null ? '' : `the kernel changed too, ${builds.map(oneLine).join(' → ')}`;
}

function runLines({ runs }: History, paint: Paint): string[] {
  const shown = runs.slice(-MOST_RUNS);
  const left = runs.length - shown.length;
  return [
    `${count(runs.length, 'run')}, oldest first`,
    ...(left > 0 ? [paint('dim', `  ${left} before`)] : []),
    ...shown.map((run, i) => {
      const number = String(left + i + 1).padStart(String(runs.length).length);
      return `  ${number}  ${oneLine(run.runId ?? run.folder)}  ${runTime(run)}  ${count(run.cells, 'cell')}: ${runCounts(run)}  exit ${run.exitCode}`;
    }),
  ];
}

/** Where the build of a kernel changed from one run to the next that had it. */
function buildLines({ runs, kernels }: History): string[] {
  const lines = kernels.flatMap(kernel => {
    const seen = runs.flatMap((run, i) => {
      const build = run.builds[kernel];
      return build == null ? [] : [{ i, build }];
    });
    return seen.flatMap(({ i, build }, at) => {
      const before = seen[at - 1];
      return before === undefined || before.build === build
        ? []
        : [`${oneLine(kernel)}: ${oneLine(before.build)} → ${oneLine(build)} in run ${i + 1}`];
    });
  });
  return block('other builds of kernels', lines);
}

/** One line per row with a change: the glyph of each run, oldest first, for each kernel. */
function tableLines(history: History, paint: Paint): string[] {
  const changed = history.cells.filter(({ flips }) => flips.length > 0);
  const rows = [...groupBy(changed, rowLabel)];
  if (rows.length === 0) return [];
  const ids = history.kernels.filter(id => changed.some(({ kernel }) => kernel === id));
  const heads = ids.map(oneLine);
  const runs = Math.min(history.runs.length, MOST_RUNS);
  const widths = heads.map(head => Math.max(textWidth(head), runs));
  const label = Math.max(...rows.map(([name]) => textWidth(name)));
  const lines = rows.slice(0, MOST_ROWS).map(([name, cells]) => {
    const squares = ids.map((id, i) => {
      const cell = cells.find(({ kernel }) => kernel === id);
      return cell === undefined ? padTo('', widths[i] ?? 0) : course(cell, widths[i] ?? 0, paint);
    });
    return `  ${[padTo(name, label), ...squares].join('  ')}`.trimEnd();
  });
  const head = `  ${[padTo('', label), ...heads.map((text, i) => padTo(text, widths[i] ?? 0))].join('  ')}`;
  const more = rows.length - lines.length;
  return [
    `rows that changed: ${rows.length}`,
    head.trimEnd(),
    ...lines,
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

function rowLabel({ scenario, variant }: HistoryCell): string {
  const text = variantText(variant);
  return text === '' ? oneLine(scenario) : `${oneLine(scenario)} [${text}]`;
}

function course({ statuses }: HistoryCell, width: number, paint: Paint): string {
  const shown = statuses.slice(-MOST_RUNS);
  const glyphs = shown.map(s => (s === null ? '·' : paint(STATUS_LOOKS[s].colour, STATUS_LOOKS[s].glyph)));
  return glyphs.join('') + ' '.repeat(Math.max(0, width - shown.length));
}

function changeLine(
  history: History,
  { id, flip, isFlake, reason }: LastingChange,
  now: string,
  before: string,
): string {
  const parts = [
    `${now} ${runName(history, flip.to)}, ${before} run ${flip.from + 1}`,
    buildsText(flip),
    isFlake ? 'it had changed both ways before' : '',
    oneLine(reason),
  ];
  return `${oneLine(id)}: ${parts.filter(part => part !== '').join('; ')}`;
}

function flakeLines({ cells }: History): string[] {
  return cells.filter(({ isFlake }) => isFlake).map(cell => `${oneLine(cell.id)}: ${flakeText(cell)}`);
}

/** Returns what is known about a cell that changed both ways: how often, and whether the kernel can be the cause. */
export function flakeText({ flips, bothOn }: HistoryCell): string {
  const why =
    bothOn === null
      ? 'never both ways on one build of the kernel'
      : `good and bad on one build of the kernel, ${oneLine(bothOn)}`;
  return `changed ${flips.length} times; ${why}`;
}

function block(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const left = lines.length - MOST_LINES;
  return [
    `${title}: ${lines.length}`,
    ...lines.slice(0, MOST_LINES).map(line => `  ${line}`),
    ...(left > 0 ? [`  and ${left} more (--reporter json has all)`] : []),
  ];
}

/** Returns the outcome as one line: `1 regression · 1 flake · 5 runs · exit 1`. */
export function lastLine(history: History): string {
  const { regressions, flakes, fixed, gone, runs } = history;
  const parts = [
    regressions.length === 0 ? 'no regression' : count(regressions.length, 'regression'),
    ...(flakes.length === 0 ? [] : [count(flakes.length, 'flake')]),
    ...(fixed.length === 0 ? [] : [`${fixed.length} fixed`]),
    ...(gone.length === 0 ? [] : [`${gone.length} gone`]),
    count(runs.length, 'run'),
    `exit ${historyCode(history)}`,
  ];
  return parts.join(' · ');
}
