import type { Cell, CellResult } from '../model/cell.ts';
import type { CodeCoverage } from '../model/code-coverage.ts';
import type { HostFacts, KernelColumn, RunEvent } from '../model/events.ts';
import { exitCode, EXIT, worseCode } from '../model/exit-code.ts';
import { countVerdicts, type VerdictCounts } from '../model/verdict.ts';
import { groupBy } from '../util/group-by.ts';
import { compareKernels } from './kernel-order.ts';
import type { CellStatus } from './status.ts';

/** One kernel of a run, and the results of its cells. */
export interface KernelSummary {
  readonly id: string;
  /** Null until the kernel is ready. */
  readonly column: KernelColumn | null;
  /** Why the kernel is unavailable; null if it did not fail. */
  readonly failure: string | null;
  /** Wall time of preparing the kernel (fetch, unpack, template), in milliseconds. */
  readonly prepareMs: number;
  readonly counts: VerdictCounts;
  readonly planned: number;
  readonly unfinished: number;
  /** Wall time of its cells by phase, summed, in milliseconds. */
  readonly phases: Readonly<Record<string, number>>;
}

/** A planned cell without a verdict: it makes the run red. */
export interface UnfinishedCell {
  readonly cell: Cell;
  /** Why it has no verdict, as one line. */
  readonly reason: string;
}

/** The state of a run after the events so far. Every report is made from it. */
export interface RunSummary {
  /** Null if no `run-start` was seen. */
  readonly runId: string | null;
  readonly schema: number;
  readonly startedAt: string | null;
  readonly argv: readonly string[];
  readonly host: HostFacts | null;
  readonly jobs: number;
  /** Old to new; see `compareKernels`. */
  readonly kernels: readonly KernelSummary[];
  /** In the order of the plan. */
  readonly cells: readonly Cell[];
  readonly results: ReadonlyMap<string, CellResult>;
  /** When each cell started, by its id. */
  readonly starts: ReadonlyMap<string, string>;
  /** Cells that have started but not ended. */
  readonly running: readonly Cell[];
  /** Every planned cell without a verdict. While the run continues, this includes cells that will run later. */
  readonly unfinished: readonly UnfinishedCell[];
  readonly counts: VerdictCounts;
  readonly notes: readonly { readonly level: 'info' | 'warning'; readonly text: string }[];
  /** What was executed of the kernels' own code, by kernel; only of kernels that count it. */
  readonly code: ReadonlyMap<string, CodeCoverage>;
  /** Wall time of the run, in milliseconds, from `run-end`; without one, the time until the last event. */
  readonly durationMs: number;
  readonly interrupted: boolean;
  /** True if `run-end` was seen. */
  readonly complete: boolean;
  /** Computed from the planned cells and their verdicts; the code that `run-end` states can only make it worse. */
  readonly exitCode: number;
}

type RunStart = Extract<RunEvent, { type: 'run-start' }>;
type RunEnd = Extract<RunEvent, { type: 'run-end' }>;

/** Takes events one by one; `summary()` can be called at any time. */
export class RunFold {
  #start: RunStart | null = null;
  #end: RunEnd | null = null;
  #lastAt: string | null = null;
  readonly #cells = new Map<string, Cell>();
  readonly #results = new Map<string, CellResult>();
  readonly #started = new Map<string, string>();
  readonly #columns = new Map<
    string,
    { column: KernelColumn | null; failure: string | null; prepareMs: number }
  >();
  readonly #code = new Map<string, CodeCoverage>();
  readonly #notes: { level: 'info' | 'warning'; text: string }[] = [];

  /** Adds one event. */
  add(event: RunEvent): void {
    this.#lastAt = event.at;
    switch (event.type) {
      case 'run-start':
        this.#start = event;
        for (const id of event.kernels) this.#kernel(id);
        for (const cell of event.cells) this.#cells.set(cell.id, cell);
        break;
      case 'kernel-ready':
        Object.assign(this.#kernel(event.kernel.id), { column: event.kernel, prepareMs: event.durationMs });
        break;
      case 'template-ready':
        this.#kernel(event.kernel).prepareMs += event.durationMs;
        break;
      case 'kernel-failed':
        this.#kernel(event.kernel).failure = event.reason;
        break;
      case 'cell-start':
        this.#started.set(event.cell, event.at);
        break;
      case 'cell-end':
        this.#cells.set(event.result.cell.id, event.result.cell);
        this.#results.set(event.result.cell.id, event.result);
        break;
      case 'code-coverage':
        this.#code.set(event.kernel, event.coverage);
        break;
      case 'note':
        this.#notes.push({ level: event.level, text: event.text });
        break;
      case 'run-end':
        this.#end = event;
        break;
    }
  }

  /** Returns the state after the events so far. */
  summary(): RunSummary {
    const cells = [...this.#cells.values()];
    for (const cell of cells) this.#kernel(cell.kernel);
    const results = [...this.#results.values()];
    const pending = cells.filter(cell => !this.#results.has(cell.id));
    const counts = countVerdicts(results);
    return {
      runId: this.#start?.runId ?? null,
      schema: this.#start?.schema ?? 0,
      startedAt: this.#start?.at ?? null,
      argv: this.#start?.argv ?? [],
      host: this.#start?.host ?? null,
      jobs: this.#start?.jobs ?? 0,
      kernels: this.#kernels(cells),
      cells,
      results: this.#results,
      starts: this.#started,
      running: pending.filter(cell => this.#started.has(cell.id)),
      unfinished: pending.map(cell => ({ cell, reason: this.#whyUnfinished(cell) })),
      counts,
      notes: this.#notes,
      code: this.#code,
      durationMs: this.#end?.durationMs ?? this.#elapsed(),
      interrupted: this.#end?.interrupted ?? false,
      complete: this.#end !== null,
      exitCode: this.#exitCode(counts, pending.length),
    };
  }

  #exitCode(counts: VerdictCounts, unfinished: number): number {
    const complete = this.#end !== null && !this.#end.interrupted;
    const computed = exitCode({ counts, unfinished, signal: null, complete });
    return worseCode(computed, this.#end?.exitCode ?? EXIT.ok);
  }

  #kernel(id: string) {
    let entry = this.#columns.get(id);
    if (entry === undefined) this.#columns.set(id, (entry = { column: null, failure: null, prepareMs: 0 }));
    return entry;
  }

  #kernels(cells: readonly Cell[]): KernelSummary[] {
    const byKernel = groupBy(cells, cell => cell.kernel);
    const summaries = [...this.#columns].map(([id, entry]) => {
      const own = byKernel.get(id) ?? [];
      const results = own.flatMap(cell => this.#results.get(cell.id) ?? []);
      return {
        id,
        ...entry,
        counts: countVerdicts(results),
        planned: own.length,
        unfinished: own.length - results.length,
        phases: sumPhases(results),
      };
    });
    return summaries.sort(compareKernels);
  }

  #whyUnfinished(cell: Cell): string {
    const failure = this.#kernel(cell.kernel).failure;
    if (failure !== null) return `kernel ${cell.kernel} could not be made ready: ${failure}`;
    const why = this.#started.has(cell.id) ? 'started, no verdict' : 'never started';
    if (this.#end?.interrupted) return `${why}; the run was interrupted`;
    return this.#end === null ? `${why}; the run has no end` : why;
  }

  #elapsed(): number {
    if (this.#start === null || this.#lastAt === null) return 0;
    return Math.max(0, Date.parse(this.#lastAt) - Date.parse(this.#start.at));
  }
}

/** Returns the summary of a whole run. */
export function foldRun(events: Iterable<RunEvent>): RunSummary {
  const fold = new RunFold();
  for (const event of events) fold.add(event);
  return fold.summary();
}

/** Returns the verdict of a planned cell, or `unfinished` if it has none. */
export function statusOf(summary: RunSummary, cell: Cell): CellStatus {
  return summary.results.get(cell.id)?.verdict ?? 'unfinished';
}

/** Sums phases by name, in the order of first occurrence. */
export function sumPhases(results: Iterable<Pick<CellResult, 'phases'>>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { phases } of results) {
    for (const [name, ms] of Object.entries(phases)) sums[name] = (sums[name] ?? 0) + ms;
  }
  return sums;
}
