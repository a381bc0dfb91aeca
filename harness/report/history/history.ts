import type { Cell } from '../../model/cell.ts';
import { EXIT } from '../../model/exit-code.ts';
import type { VerdictCounts } from '../../model/verdict.ts';
import { statusOf, type RunSummary } from '../fold.ts';
import { kernelBuild } from '../kernel-build.ts';
import { compareKernels, type OrderedKernel } from '../kernel-order.ts';
import type { CellStatus } from '../status.ts';
import { courseOf, type CellCourse, type Flip } from './cell-course.ts';

/** One run of a history. */
export interface HistoryRun {
  readonly runId: string | null;
  readonly startedAt: string | null;
  /** Its folder, as the user named it. */
  readonly folder: string;
  readonly cells: number;
  readonly counts: VerdictCounts;
  readonly unfinished: number;
  readonly exitCode: number;
  /** The build of each kernel, `6.12.117 (6.12.117-1)`, by `Kernel.id`; null if it was never ready. */
  readonly builds: Readonly<Record<string, string | null>>;
}

/** A run with its cells, reduced to what a history needs: many runs with all their counters would not fit into memory. */
export interface RunRecord {
  readonly run: HistoryRun;
  readonly kernels: readonly OrderedKernel[];
  readonly cells: ReadonlyMap<string, RecordedCell>;
}

interface RecordedCell {
  readonly cell: Cell;
  readonly status: CellStatus;
  readonly reason: string;
}

/** A cell along the runs. Every list has one entry per run, in the order of `History.runs`. */
export interface HistoryCell extends CellCourse {
  readonly id: string;
  readonly scenario: string;
  readonly variant: Cell['variant'];
  readonly kernel: string;
  /** Null where the run did not plan the cell. */
  readonly statuses: readonly (CellStatus | null)[];
  readonly reasons: readonly string[];
}

/** A change that still counts at the end, and the cell. */
export interface LastingChange {
  readonly id: string;
  readonly flip: Flip;
  /** Whether the cell had changed both ways before. */
  readonly isFlake: boolean;
  /** What the first run after the change says. */
  readonly reason: string;
}

/** Cells along several runs, oldest run first. */
export interface History {
  readonly runs: readonly HistoryRun[];
  /** Old to new. */
  readonly kernels: readonly string[];
  readonly cells: readonly HistoryCell[];
  /** Cells that were good, and are bad from `flip.to` until the end; the newest run planned them. */
  readonly regressions: readonly LastingChange[];
  /** Cells that were bad, and are good from `flip.to` until the end; they never changed the other way, and the newest run planned them. */
  readonly fixed: readonly LastingChange[];
  /** Ids of cells that changed both ways. */
  readonly flakes: readonly string[];
  /** Cells that the newest run did not plan, each with the last run that did. */
  readonly gone: readonly { readonly id: string; readonly last: number }[];
}

/** Reduces a run to what a history needs. */
export function recordRun(summary: RunSummary, folder: string): RunRecord {
  const ids = summary.kernels.map(({ id }) => id);
  const why = new Map(summary.unfinished.map(({ cell, reason }) => [cell.id, reason]));
  return {
    run: {
      runId: summary.runId,
      startedAt: summary.startedAt,
      folder,
      cells: summary.cells.length,
      counts: summary.counts,
      unfinished: summary.unfinished.length,
      exitCode: summary.exitCode,
      builds: Object.fromEntries(ids.map(id => [id, kernelBuild(summary, id)])),
    },
    kernels: summary.kernels.map(({ id, column }) => ({ id, column })),
    cells: new Map(
      summary.cells.map(cell => [
        cell.id,
        {
          cell,
          status: statusOf(summary, cell),
          reason: summary.results.get(cell.id)?.reason ?? why.get(cell.id) ?? '',
        },
      ]),
    ),
  };
}

/** Returns the history of runs, which may come in any order. */
export function historyOf(records: readonly RunRecord[]): History {
  const ordered = records.toSorted(byTime);
  const newestFirst = ordered.toReversed();
  const kernels = [...new Map(ordered.flatMap(({ kernels }) => kernels.map(k => [k.id, k]))).values()];
  // The newest run decides the order of rows; cells that it does not have come after.
  const known = new Map(
    newestFirst.flatMap(({ cells }) => [...cells.values()].map(({ cell }) => [cell.id, cell])),
  );
  const cells = [...known.values()].map(cell => cellHistory(cell, ordered));
  const last = ordered.length - 1;
  const current = cells.filter(cell => cell.statuses[last] !== null);
  return {
    runs: ordered.map(({ run }) => run),
    kernels: kernels.sort(compareKernels).map(({ id }) => id),
    cells,
    regressions: current.flatMap(cell => lasting(cell, 'bad')),
    fixed: current.filter(cell => !cell.isFlake).flatMap(cell => lasting(cell, 'good')),
    flakes: cells.filter(({ isFlake }) => isFlake).map(({ id }) => id),
    gone: cells
      .filter(cell => cell.statuses[last] === null)
      .map(({ id, statuses }) => ({ id, last: statuses.findLastIndex(status => status !== null) })),
  };
}

function byTime(a: RunRecord, b: RunRecord): number {
  const key = ({ run }: RunRecord): string => `${run.startedAt ?? ''} ${run.runId ?? ''}`;
  return key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;
}

function cellHistory({ id, scenario, variant, kernel }: Cell, records: readonly RunRecord[]): HistoryCell {
  const statuses = records.map(({ cells }) => cells.get(id)?.status ?? null);
  const steps = records.map(({ run }, i) => ({
    status: statuses[i] ?? null,
    build: run.builds[kernel] ?? null,
  }));
  const reasons = records.map(({ cells }) => cells.get(id)?.reason ?? '');
  return { id, scenario, variant, kernel, statuses, reasons, ...courseOf(steps) };
}

/** The last flip, if it leads to this answer. */
function lasting({ id, flips, isFlake, reasons }: HistoryCell, answer: 'good' | 'bad'): LastingChange[] {
  const flip = flips.at(-1);
  return flip?.answer === answer ? [{ id, flip, isFlake, reason: reasons[flip.to] ?? '' }] : [];
}

/** The exit code: 1 if a cell of the newest run has a regression, otherwise 0. */
export function historyCode({ regressions }: History): number {
  return regressions.length > 0 ? EXIT.red : EXIT.ok;
}
