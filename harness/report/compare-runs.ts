import { isSpoiled } from '../model/verdict.ts';
import type { Cell } from '../model/cell.ts';
import { changeText, counterChanges, type BehaviourOptions, type CounterChange } from './behaviour.ts';
import { statusOf, type RunSummary } from './fold.ts';
import { kernelBuild } from './kernel-build.ts';
import { isRedStatus, type CellStatus } from './status.ts';
import { count, formatMs, oneLine } from './text.ts';

/** One cell whose status differs from the earlier run. */
export interface StatusChange {
  readonly id: string;
  readonly before: CellStatus;
  readonly after: CellStatus;
  /** The reason of the status in the later run. */
  readonly reason: string;
}

/** The comparison of a run with an earlier one. */
export interface RunComparison {
  readonly before: string | null;
  readonly after: string | null;
  /** Kernels whose builds differ between the runs. */
  readonly kernels: readonly { readonly id: string; readonly before: string; readonly after: string }[];
  /** Cells that are red now but were not before, because of the kernel or the scenario: a regression. */
  readonly newlyRed: readonly StatusChange[];
  /** Cells with the verdict infra or error now that were not red before. They have no result, so they are not green either. */
  readonly newlySpoiled: readonly StatusChange[];
  /** Cells of the earlier run that were not planned in the later one. */
  readonly gone: readonly string[];
  readonly newlyGreen: readonly StatusChange[];
  readonly otherwise: readonly StatusChange[];
  readonly added: readonly string[];
  readonly counters: readonly { readonly id: string; readonly changes: readonly CounterChange[] }[];
  readonly durations: {
    readonly beforeMs: number;
    readonly afterMs: number;
    /** Cells that take more than 1.5 times as long and at least one second longer, worst first. */
    readonly slower: readonly { readonly id: string; readonly beforeMs: number; readonly afterMs: number }[];
  };
}

/** How two runs are compared. */
export interface CompareOptions extends BehaviourOptions {
  /** Ignore cells that only one run planned. */
  readonly commonOnly: boolean;
}

/** A cell without a verdict is a loss of the run, not of the host. */
const spoiled = (status: CellStatus): boolean => status !== 'unfinished' && isSpoiled(status);

/** Compares two runs cell by cell. */
export function compareRuns(before: RunSummary, after: RunSummary, options: CompareOptions): RunComparison {
  const old = new Map(before.cells.map(cell => [cell.id, cell]));
  const now = new Map(after.cells.map(cell => [cell.id, cell]));
  const common = after.cells.filter(cell => old.has(cell.id));
  const changed = common.map(cell => statusChange(before, after, cell)).filter(c => c.before !== c.after);
  const newlyBad = changed.filter(c => isRedStatus(c.after) && !isRedStatus(c.before));
  const newlyGreen = changed.filter(c => isRedStatus(c.before) && !isRedStatus(c.after));
  const listed = new Set([...newlyBad, ...newlyGreen]);
  return {
    before: before.runId,
    after: after.runId,
    kernels: kernelChanges(before, after),
    newlyRed: newlyBad.filter(c => !spoiled(c.after)),
    newlySpoiled: newlyBad.filter(c => spoiled(c.after)),
    gone: options.commonOnly ? [] : before.cells.filter(cell => !now.has(cell.id)).map(cell => cell.id),
    newlyGreen,
    otherwise: changed.filter(c => !listed.has(c)),
    added: options.commonOnly ? [] : after.cells.filter(cell => !old.has(cell.id)).map(cell => cell.id),
    counters: common.flatMap(cell => counterChangesOf(before, after, cell, options)),
    durations: durationChanges(before, after, common),
  };
}

/**
 * Returns the exit code of a comparison: 1 if a cell is newly red or gone, 3 if cells only failed because of the host or the harness,
 * otherwise 0.
 */
export function regressionCode({ newlyRed, newlySpoiled, gone }: RunComparison): 0 | 1 | 3 {
  if (newlyRed.length + gone.length > 0) return 1;
  return newlySpoiled.length > 0 ? 3 : 0;
}

function statusChange(before: RunSummary, after: RunSummary, cell: Cell): StatusChange {
  const reason =
    after.results.get(cell.id)?.reason ?? after.unfinished.find(u => u.cell.id === cell.id)?.reason ?? '';
  return { id: cell.id, before: statusOf(before, cell), after: statusOf(after, cell), reason };
}

function kernelChanges(before: RunSummary, after: RunSummary): RunComparison['kernels'] {
  return after.kernels.flatMap(({ id }) => {
    const [was, is] = [kernelBuild(before, id), kernelBuild(after, id)];
    return was === null || is === null || was === is ? [] : [{ id, before: was, after: is }];
  });
}

function counterChangesOf(
  before: RunSummary,
  after: RunSummary,
  cell: Cell,
  options: CompareOptions,
): RunComparison['counters'] {
  const [a, b] = [before.results.get(cell.id), after.results.get(cell.id)];
  if (a === undefined || b === undefined) return [];
  if (Object.keys(a.counters).length === 0 || Object.keys(b.counters).length === 0) return [];
  const changes = counterChanges(a, b, options);
  return changes.length === 0 ? [] : [{ id: cell.id, changes }];
}

function durationChanges(
  before: RunSummary,
  after: RunSummary,
  common: readonly Cell[],
): RunComparison['durations'] {
  const slower = common
    .map(({ id }) => ({
      id,
      beforeMs: before.results.get(id)?.durationMs ?? 0,
      afterMs: after.results.get(id)?.durationMs ?? 0,
    }))
    .filter(d => d.beforeMs > 0 && d.afterMs > d.beforeMs * 1.5 && d.afterMs - d.beforeMs >= 1000)
    .toSorted((a, b) => b.afterMs - b.beforeMs - (a.afterMs - a.beforeMs));
  return { beforeMs: before.durationMs, afterMs: after.durationMs, slower };
}

/** Maximum number of lines of one kind in the text. The JSON contains all of them. */
const MAX_LINES = 20;

/** Returns the comparison as text for people. As in a run's report, the most important part comes last. */
export function runComparisonText(comparison: RunComparison): string {
  const { durations } = comparison;
  const status = (c: StatusChange): string =>
    `${oneLine(c.id)}: ${c.before} → ${c.after}${c.reason === '' ? '' : `: ${oneLine(c.reason)}`}`;
  const blocks = [
    block(
      'different kernel build',
      comparison.kernels.map(k => oneLine(`${k.id}: ${k.before} → ${k.after}`)),
    ),
    block(
      'slower',
      durations.slower.map(d => `${oneLine(d.id)}: ${formatMs(d.beforeMs)} → ${formatMs(d.afterMs)}`),
    ),
    block('new cell', comparison.added.map(oneLine)),
    block(
      'counters changed',
      comparison.counters.map(c =>
        oneLine(`${c.id}: ${changeText({ verdicts: null, counters: c.changes })}`),
      ),
    ),
    block('other changes of verdict', comparison.otherwise.map(status)),
    block('newly green', comparison.newlyGreen.map(status)),
    block('newly infra or error (host or harness)', comparison.newlySpoiled.map(status)),
    block('gone', comparison.gone.map(oneLine)),
    block('newly red', comparison.newlyRed.map(status)),
  ];
  const code = regressionCode(comparison);
  const lost = comparison.newlyRed.length + comparison.gone.length;
  const verdict =
    code === 1
      ? `regression: ${count(lost, 'cell')}`
      : code === 3
        ? 'no regression, but some cells have no result'
        : 'no regression';
  const time = `${formatMs(durations.beforeMs)} → ${formatMs(durations.afterMs)}`;
  const names = `${oneLine(comparison.before ?? 'no run')} → ${oneLine(comparison.after ?? 'no run')}`;
  return `${blocks.flat().join('\n')}${blocks.flat().length > 0 ? '\n\n' : ''}${verdict} · ${names} · ${time}\n`;
}

function block(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const left = lines.length - MAX_LINES;
  return [
    `${title}: ${lines.length}`,
    ...lines.slice(0, MAX_LINES).map(line => `  ${line}`),
    ...(left > 0 ? [`  and ${left} more (--json has all)`] : []),
  ];
}
