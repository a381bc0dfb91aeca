import PQueue from 'p-queue';
import type { Cell, CellResult } from '../model/cell.ts';
import { RUN_SCHEMA, type HostFacts, type ShardOfRun } from '../model/events.ts';
import { exitCode, type EndingSignal } from '../model/exit-code.ts';
import { buildFacts } from '../kernel/build-facts.ts';
import { notedLacks } from '../kernel/needs.ts';
import { unserved } from '../kernel/unserved.ts';
import type { Kernel } from '../model/kernel.ts';
import { countVerdicts, isRed } from '../model/verdict.ts';
import { messageOf } from '../util/errors.ts';
import { launcher, quote } from '../util/launcher.ts';
import { outcomeWithoutGuest, runCell, type CellEnvironment } from './cell.ts';
import { longestFirst } from './durations.ts';
import { shapeKey } from './guests.ts';
import { MeasuredCode } from './kernel-code/measured-code.ts';
import { repeatCommand } from './repeat-command.ts';
import { shapeText, type PlannedCell } from './plan.ts';
import type { EventLog } from './event-log.ts';
import type { RequestedKernel } from './requested-kernel.ts';
import { usesOfCells } from './uses.ts';

/** Everything that a run depends on. */
export interface RunRequest {
  readonly runId: string;
  readonly argv: readonly string[];
  readonly host: HostFacts;
  readonly kernels: readonly RequestedKernel[];
  readonly cells: readonly PlannedCell[];
  readonly jobs: number;
  /** Which part of a larger plan `cells` are; null where they are all of it. */
  readonly shard: ShardOfRun | null;
  /** Start no further cell once this many are red; null: never stop. */
  readonly maxFailures: number | null;
  readonly fetch: (kernel: RequestedKernel) => Promise<Kernel>;
  readonly cellEnvironment: CellEnvironment;
  /** How long a cell took when it last ran, in milliseconds. */
  readonly lastDuration: (cellId: string) => number | undefined;
  /** The signal that ended the run; null when it ended by itself. */
  readonly endedBy: () => EndingSignal | null;
}

/**
 * Runs all cells and returns the exit code. The cells of a kernel that is unavailable are `infra`, and those of others run.
 * Everything that happens is reported through the event log; nothing is thrown.
 */
export async function runSuite(request: RunRequest, eventLog: EventLog): Promise<number> {
  const started = performance.now();
  const { runId, argv, host, jobs } = request;
  const cells = request.cells.map(({ cell }) => cell);
  const kernels = request.kernels.map(({ id }) => id);
  const part = request.shard === null ? {} : { shard: request.shard };
  request.cellEnvironment.folder.onLoss(text => eventLog.fail(text));
  eventLog.emit({ type: 'run-start', runId, schema: RUN_SCHEMA, argv, host, kernels, cells, jobs, ...part });

  const progress: Progress = { results: new Map(), kernels: new Map() };
  const { results } = progress;
  const queue = new PQueue({ concurrency: jobs });
  const work = request.kernels.map(kernel => runKernel(kernel, request, eventLog, queue, progress));
  await orAbandoned(Promise.all(work), request.cellEnvironment.signal);

  const counts = countVerdicts(results.values());
  const unfinished = cells.filter(({ id }) => !results.has(id)).map(({ id }) => id);
  const signal = request.endedBy();
  const code = eventLog.codeOf(exitCode({ counts, unfinished: unfinished.length, signal, complete: true }));
  const durationMs = Math.round(performance.now() - started);
  eventLog.emit({
    type: 'run-end',
    counts,
    unfinished,
    interrupted: signal !== null,
    durationMs,
    exitCode: code,
  });
  return code;
}

/** What a run has so far. */
interface Progress {
  /** By the cell's id. */
  readonly results: Map<string, CellResult>;
  /** Id of the kernel that is ready, by `Kernel.key`. */
  readonly kernels: Map<string, string>;
}

/** How long what runs may take to end once the run is aborted: QEMUs and unpacking children are killed, and their folders removed. */
const ABANDON_MS = 10_000;

/** Waits for work, but not much longer than until the run is aborted: what does not end then cannot keep the run from its end. */
async function orAbandoned(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const abandoned = new Promise<void>(resolve => {
    const wait = (): void => void (timer = setTimeout(resolve, ABANDON_MS));
    if (signal.aborted) wait();
    else signal.addEventListener('abort', wait, { once: true });
  });
  try {
    await Promise.race([work, abandoned]);
  } finally {
    clearTimeout(timer);
  }
}

/** Fetches a kernel and looks at how it is built, then queues its cells; other kernels' cells run meanwhile. */
async function runKernel(
  kernel: RequestedKernel,
  request: RunRequest,
  eventLog: EventLog,
  queue: PQueue,
  { results, kernels }: Progress,
): Promise<void> {
  const planned = request.cells.filter(({ cell }) => cell.kernel === kernel.id);
  const started = performance.now();
  const end = (result: CellResult): void => {
    results.set(result.cell.id, result);
    eventLog.emit({ type: 'cell-end', result });
  };
  const failAll = (reason: string, why: string, command: string): void => {
    eventLog.emit({ type: 'kernel-failed', kernel: kernel.id, reason });
    for (const { cell } of planned) end(unrun(cell, why, `${launcher()} kernels ${command}`));
  };
  let fetched: Kernel;
  try {
    fetched = await request.fetch(kernel);
  } catch (error) {
    if (aborted(request)) return;
    const reason = messageOf(error);
    const why = `kernel ${kernel.spec.text} is unavailable: ${reason}`;
    failAll(reason, why, `fetch ${quote(kernel.spec.text)}`);
    return;
  }
  const build = await buildFacts(fetched);
  request.cellEnvironment.builds.set(kernel.id, build);
  const obstacle = unserved(fetched, build, usesOfCells(planned, fetched));
  if (obstacle !== null) {
    failAll(obstacle.message, obstacle.message, `check ${quote(kernel.spec.text)}`);
    return;
  }
  for (const text of notedLacks(fetched, build))
    eventLog.emit({ type: 'note', level: 'info', text: `kernel ${kernel.id}: ${text}` });
  const durationMs = Math.round(performance.now() - started);
  eventLog.emit({ type: 'kernel-ready', kernel: columnOf(fetched), durationMs });
  const same = kernels.get(fetched.key);
  if (same !== undefined) {
    const text = `kernels ${same} and ${kernel.id} are the same files: their cells test one kernel twice`;
    eventLog.emit({ type: 'note', level: 'warning', text });
  }
  kernels.set(fetched.key, kernel.id);
  const code = await measuredCode(fetched, planned, request, eventLog);
  await Promise.all(
    groupByShape(fetched, planned).map(async group => {
      await queue.add(() => prepare(fetched, group, request, eventLog));
      await queue.addAll(
        longestFirst(group, ({ cell }) => request.lastDuration(cell.id)).map(cell => async () => {
          if (aborted(request) || tooManyRed(request, results)) return;
          eventLog.emit({ type: 'cell-start', cell: cell.cell.id });
          const result = await runCell(cell, fetched, request.cellEnvironment, code).catch(
            (error: unknown) => {
              // A cell that was running when the run was aborted is reported as not finished.
              if (aborted(request)) return null;
              return unrun(
                cell.cell,
                `it cannot be run: ${messageOf(error)}`,
                repeatCommand(cell, fetched.spec, request.cellEnvironment.repeatWords),
              );
            },
          );
          if (result !== null) end(result);
        }),
        { priority: CELL_PRIORITY },
      );
    }),
  );
  if (code !== null) eventLog.emit({ type: 'code-coverage', kernel: kernel.id, coverage: code.coverage() });
}

/** What its cells execute of a kernel's own code; null where it does not count that, or where this host cannot read it, which is reported. */
async function measuredCode(
  { id, measured }: Kernel,
  planned: readonly PlannedCell[],
  { cellEnvironment: { signal } }: RunRequest,
  eventLog: EventLog,
): Promise<MeasuredCode | null> {
  if (measured === undefined) return null;
  try {
    return await MeasuredCode.begin(
      measured,
      planned.map(({ scenario }) => scenario),
      signal,
    );
  } catch (error) {
    if (signal.aborted) return null;
    const text = `coverage of the code of kernel ${id} is not measured: ${messageOf(error)}`;
    eventLog.emit({ type: 'note', level: 'warning', text });
    return null;
  }
}

/** Cells whose template is there run before another template is made: verdicts come from the begin on. */
const CELL_PRIORITY = 1;

/** Makes a template ready, unless all of its cells are skipped. A failure is reported by the cells that need the template, each with its own verdict. */
async function prepare(
  kernel: Kernel,
  group: readonly PlannedCell[],
  request: RunRequest,
  eventLog: EventLog,
): Promise<void> {
  const { guests, probes } = request.cellEnvironment;
  const first = group.find(cell => outcomeWithoutGuest(cell, kernel, request.cellEnvironment) === null);
  if (first === undefined || aborted(request)) return;
  const started = performance.now();
  const found = await guests.prepare(kernel, first.variant).catch(() => null);
  if (found === null) return;
  probes.set(kernel.id, found);
  const shape = shapeText(first.variant);
  const durationMs = Math.round(performance.now() - started);
  eventLog.emit({ type: 'template-ready', kernel: kernel.id, shape, durationMs });
}

/** Cells by what they need of a guest, the largest group first. */
function groupByShape(kernel: Kernel, cells: readonly PlannedCell[]): PlannedCell[][] {
  const groups = new Map<string, PlannedCell[]>();
  for (const cell of cells) {
    const key = shapeKey(kernel, cell.variant);
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return [...groups.values()].toSorted((a, b) => b.length - a.length);
}

function columnOf({ id, spec, series, flavour, arch, version, release, packages, notes }: Kernel) {
  return { id, spec, series, flavour, arch, version, release, packages, notes };
}

/** A cell that the host kept from a verdict, without artifacts. */
function unrun(cell: Cell, reason: string, repeat: string): CellResult {
  return {
    cell,
    verdict: 'infra',
    reason,
    expectations: [],
    ledger: null,
    counters: {},
    phases: {},
    durationMs: 0,
    earlierTries: [],
    repeat,
    consoleTail: [],
    detail: null,
    dir: '',
  };
}

function aborted(request: RunRequest): boolean {
  return request.cellEnvironment.signal.aborted;
}

function tooManyRed({ maxFailures }: RunRequest, results: ReadonlyMap<string, CellResult>): boolean {
  if (maxFailures === null) return false;
  return [...results.values()].filter(({ verdict }) => isRed(verdict)).length >= maxFailures;
}
