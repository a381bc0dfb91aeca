import { join, resolve } from 'node:path';
import type { CellResult } from '../model/cell.ts';
import { EXIT, isDecidedByMerge } from '../model/exit-code.ts';
import { EventLog } from '../run/event-log.ts';
import type { Guests } from '../run/guests.ts';
import { linkLatest, RunFolder } from '../run/results.ts';
import { newRunId } from '../run/run-id.ts';
import type { Session } from '../run/session.ts';
import { messageOf } from '../util/errors.ts';
import { KeptGuests } from './keep.ts';
import { openRun } from './open-runs.ts';
import type { RunPlan } from './plan-run.ts';
import { onProgress } from './progress.ts';
import { attachReporters } from './reporters.ts';
import { reporterChoices } from './reporter-options.ts';
import type { RunOptions } from './run-options.ts';

/** One of the runs of a watch. */
export interface PartOfWatch {
  /** Shared by all of them: templates are looked at once. */
  readonly guests: Guests;
  /** Ends this run, since another one is to begin. */
  readonly signal: AbortSignal;
}

/** How a run ended. */
export interface FinishedPlan {
  readonly code: number;
  /** Absolute. */
  readonly dir: string;
  /** Results by the cell's id, in the order in which the cells ended. */
  readonly results: ReadonlyMap<string, CellResult>;
}

/** Runs a plan into a folder of its own, with its reporters. Throws `usage` or `infra` for a folder that cannot be made. */
export async function runPlan(
  { kernels, cells, whole, durations }: RunPlan,
  session: Session,
  resultsDir: string,
  options: RunOptions,
  part?: PartOfWatch,
): Promise<FinishedPlan> {
  const choices = reporterChoices(options);
  const runId = newRunId();
  const folder = RunFolder.create(
    resolve(options.out ?? join(resultsDir, runId)),
    whole.map(({ cell }) => cell.id),
  );
  const eventLog = new EventLog(onProgress);
  const results = new Map<string, CellResult>();
  eventLog.listen('results', event => {
    if (event.type === 'cell-end') results.set(event.result.cell.id, event.result);
  });
  const reporters = attachReporters(eventLog, choices, folder, durations);
  using _open = openRun(folder.dir, eventLog, reporters);
  tryLinkLatest(resultsDir, folder.dir);
  using kept = options.keep === undefined ? null : new KeptGuests(options.keep, session.signal);
  const { shard, maxFailures = null } = options;
  const code = await session.run(
    {
      runId,
      folder,
      kernels,
      cells,
      shard: shard === undefined ? null : { ...shard, plan: whole.map(({ cell }) => cell) },
      maxFailures,
      keep: kept?.keep ?? null,
      durations,
      ...part,
    },
    eventLog,
  );
  reporters.close();
  onProgress(`results in ${folder.dir}`);
  const isLeft = options.verdictLater === true && eventLog.failures.length === 0 && isDecidedByMerge(code);
  return { code: isLeft ? EXIT.ok : eventLog.codeOf(code), dir: folder.dir, results };
}

/** The run does not depend on the link, which may be in a folder that others own. */
function tryLinkLatest(resultsDir: string, dir: string): void {
  try {
    linkLatest(resultsDir, dir);
  } catch (error) {
    onProgress(`${join(resultsDir, 'latest')} still names an older run: ${messageOf(error)}`);
  }
}
