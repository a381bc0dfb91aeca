import { isSpoiled } from '../model/verdict.ts';
import type { Cell } from '../model/cell.ts';
import { changeText, counterChanges, type BehaviourOptions, type CounterChange } from './behaviour.ts';
import { statusOf, type RunSummary } from './fold.ts';
import { isRedStatus, type CellStatus } from './status.ts';
import { count, formatMs, oneLine } from './text.ts';

/** One cell whose status is another than in the run before. */
export interface StatusChange {
  readonly id: string;
  readonly before: CellStatus;
  readonly after: CellStatus;
  /** What was seen in the later run. */
  readonly reason: string;
}

/** A run against an older one. */
export interface RunComparison {
  readonly before: string | null;
  readonly after: string | null;
  /** Kernels that are not the same build in both runs. */
  readonly kernels: readonly { readonly id: string; readonly before: string; readonly after: string }[];
  /** Red now and not before, of the kernel or the scenario: a regression. */
  readonly newlyRed: readonly StatusChange[];
  /** Spoiled by the host or the harness now and not before: no answer, so not green either. */
  readonly newlySpoiled: readonly StatusChange[];
  /** Cells of the older run that the later one did not even plan. */
  readonly gone: readonly string[];
  readonly newlyGreen: readonly StatusChange[];
  readonly otherwise: readonly StatusChange[];
  readonly added: readonly string[];
  readonly counters: readonly { readonly id: string; readonly changes: readonly CounterChange[] }[];
  readonly durations: {
    readonly beforeMs: number;
    readonly afterMs: number;
    /** Cells that take more than half as long again and at least a second longer, worst first. */
    readonly slower: readonly { readonly id: string; readonly beforeMs: number; readonly afterMs: number }[];
  };
}

/** What counts. */
export interface CompareOptions extends BehaviourOptions {
  /** Leave out cells that only one run planned. */
  readonly commonOnly: boolean;
}

/** A cell without a verdict is a loss of the run, and not of the host. */
const spoiled = (status: CellStatus): boolean => status !== 'unfinished' && isSpoiled(status);

/** Compares two runs cell by cell. */
export function compareRuns(before: RunSummary, after: RunSummary, options: CompareOptions): RunComparison {
  const old = new Map(before.cells.map(cell => [cell.id, cell]));
  const now = new Map(after.cells.map(cell => [cell.id, cell]));
  const common = after.cells.filter(cell => old.has(cell.id));
  const changed = common.map(cell => statusChange(before, after, cell)).filter(c => c.before !== c.after);
  const turned = changed.filter(c => isRedStatus(c.after) && !isRedStatus(c.before));
  const newlyGreen = changed.filter(c => isRedStatus(c.before) && !isRedStatus(c.after));
  const apart = new Set([...turned, ...newlyGreen]);
  return {
    before: before.runId,
    after: after.runId,
    kernels: kernelChanges(before, after),
    newlyRed: turned.filter(c => !spoiled(c.after)),
    newlySpoiled: turned.filter(c => spoiled(c.after)),
    gone: options.commonOnly ? [] : before.cells.filter(cell => !now.has(cell.id)).map(cell => cell.id),
    newlyGreen,
    otherwise: changed.filter(c => !apart.has(c)),
    added: options.commonOnly ? [] : after.cells.filter(cell => !old.has(cell.id)).map(cell => cell.id),
    counters: common.flatMap(cell => movedCounters(before, after, cell, options)),
    durations: durationChanges(before, after, common),
  };
}

/** Whether the later run lost something: 1 as for a red run, 3 where only the host is to blame, else 0. */
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
  const name = (run: RunSummary, id: string): string | null => {
    const column = run.kernels.find(kernel => kernel.id === id)?.column;
    return column == null ? null : `${column.version} (${column.packages[0]?.version ?? column.release})`;
  };
  return after.kernels.flatMap(({ id }) => {
    const [was, is] = [name(before, id), name(after, id)];
    return was === null || is === null || was === is ? [] : [{ id, before: was, after: is }];
  });
}

function movedCounters(
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

/** How many lines of one kind are worth a reader's time; all of them are in the JSON. */
const MOST = 20;

/** The comparison for people; what matters most comes last, as in a run's report. */
export function runComparisonText(comparison: RunComparison): string {
  const { durations } = comparison;
  const status = (c: StatusChange): string =>
    `${oneLine(c.id)}: ${c.before} → ${c.after}${c.reason === '' ? '' : `: ${oneLine(c.reason)}`}`;
  const blocks = [
    block(
      'another kernel',
      comparison.kernels.map(k => oneLine(`${k.id}: ${k.before} → ${k.after}`)),
    ),
    block(
      'slower',
      durations.slower.map(d => `${oneLine(d.id)}: ${formatMs(d.beforeMs)} → ${formatMs(d.afterMs)}`),
    ),
    block('new cell', comparison.added.map(oneLine)),
    block(
      'counters moved',
      comparison.counters.map(c =>
        oneLine(`${c.id}: ${changeText({ verdicts: null, counters: c.changes })}`),
      ),
    ),
    block('another verdict', comparison.otherwise.map(status)),
    block('newly green', comparison.newlyGreen.map(status)),
    block('newly spoiled by the host or the harness', comparison.newlySpoiled.map(status)),
    block('gone', comparison.gone.map(oneLine)),
    block('newly red', comparison.newlyRed.map(status)),
  ];
  const code = regressionCode(comparison);
  const lost = comparison.newlyRed.length + comparison.gone.length;
  const verdict =
    code === 1
      ? `regression: ${count(lost, 'cell')}`
      : code === 3
        ? 'no regression, but not all was judged'
        : 'no regression';
  const time = `${formatMs(durations.beforeMs)} → ${formatMs(durations.afterMs)}`;
  const names = `${oneLine(comparison.before ?? 'no run')} → ${oneLine(comparison.after ?? 'no run')}`;
  return `${blocks.flat().join('\n')}${blocks.flat().length > 0 ? '\n\n' : ''}${verdict} · ${names} · ${time}\n`;
}

function block(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const left = lines.length - MOST;
  return [
    `${title}: ${lines.length}`,
    ...lines.slice(0, MOST).map(line => `  ${line}`),
    ...(left > 0 ? [`  and ${left} more (--json has all)`] : []),
  ];
}
