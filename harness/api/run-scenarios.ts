import { join, resolve } from 'node:path';
import { loadCatalogue } from '../kernel/catalogue.ts';
import type { CellResult } from '../model/cell.ts';
import type { RunEvent } from '../model/events.ts';
import { EventLog } from '../run/event-log.ts';
import { defaultJobs } from '../run/default-jobs.ts';
import { Durations } from '../run/durations.ts';
import { planCells } from '../run/plan.ts';
import { kernelsOf, openProject, resultsRoot } from '../run/project.ts';
import { RunFolder } from '../run/results.ts';
import { newRunId } from '../run/run-id.ts';
import { readScenarios } from '../run/scenarios.ts';
import { Held } from '../util/dispose.ts';
import { BpfrigError } from '../util/errors.ts';
import { cacheRoot } from '../util/paths.ts';
import { EventQueue } from './event-queue.ts';
import { quietSession, type SessionChoices } from './session.ts';

/** What is run, and how: each key is an option of `bpfrig run`. */
export interface RunScenariosOptions extends SessionChoices {
  /** Files and folders of scenarios; default: the suites of the project. */
  readonly paths?: readonly string[] | undefined;
  /** Default: the kernels of the project, else the default ones. */
  readonly kernels?: readonly string[] | undefined;
  /** Only variants with one of these values, by axis. */
  readonly variant?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Only cells whose id or title has this text. */
  readonly grep?: string | undefined;
  readonly jobs?: number | undefined;
  readonly retries?: number | undefined;
  readonly maxFailures?: number | undefined;
  /** The run's folder; default: one of its own in `results/` of the project. It has no reports: `bpfrig report` makes them of its events. */
  readonly out?: string | undefined;
}

/** The outcome of a run. */
export interface RunScenariosResult {
  /** That of `bpfrig run`. */
  readonly exitCode: number;
  /** In the order in which the cells ended. */
  readonly results: readonly CellResult[];
  /** Absolute. */
  readonly dir: string;
}

/** A run under way. Its events can be read once. */
export interface ScenarioRun extends AsyncIterable<RunEvent> {
  /** The outcome. Rejects with what kept the run from its end, as the iteration does. */
  readonly result: Promise<RunScenariosResult>;
}

/**
 * Runs scenarios as `bpfrig run` does, and returns at once. Ending the iteration early ends the run. Mistakes in options and scenarios
 * reject: `usage` or `scenario`, as for a run without cells.
 */
export function runScenarios(options: RunScenariosOptions = {}): ScenarioRun {
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  const events = new EventQueue<RunEvent>(() => stop.abort());
  const result = run({ ...options, signal }, event => events.push(event));
  result.then(
    () => events.end(),
    (error: unknown) => events.fail(error),
  );
  return { result, [Symbol.asyncIterator]: () => events };
}

async function run(
  options: RunScenariosOptions,
  onEvent: (event: RunEvent) => void,
): Promise<RunScenariosResult> {
  const { paths = [], variant = {}, grep = null, retries, maxFailures = null } = options;
  const project = openProject(paths);
  const kernels = await kernelsOf(project, options.kernels ?? [], loadCatalogue());
  const scenarios = await readScenarios(paths, project);
  const ids = kernels.map(({ id }) => id);
  const cells = planCells(scenarios, ids, { variant, grep, only: null });
  if (cells.length === 0) throw new BpfrigError('usage', 'nothing to run: no cell matches');

  await using held = new Held();
  const jobs = options.jobs ?? project.jobs ?? defaultJobs();
  const session = await quietSession(held, options, { jobs, retries });
  const runId = newRunId();
  const dir = resolve(options.out ?? join(resultsRoot(project), runId));
  const cellIds = cells.map(({ cell }) => cell.id);
  const folder = RunFolder.create(dir, cellIds);
  const eventLog = new EventLog(options.onProgress);
  const results: CellResult[] = [];
  eventLog.listen('events.jsonl', event => folder.append(event));
  eventLog.listen('results', event => void (event.type === 'cell-end' && results.push(event.result)));
  eventLog.listen('the program', onEvent);
  try {
    const durations = Durations.load(cacheRoot());
    const request = { runId, folder, kernels, cells, maxFailures, durations, argv: [] };
    const code = await session.run(request, eventLog);
    return { exitCode: eventLog.codeOf(code), results, dir };
  } finally {
    folder.close();
  }
}
