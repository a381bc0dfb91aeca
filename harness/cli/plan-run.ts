import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadCatalogue } from '../kernel/catalogue.ts';
import type { RunEvent } from '../model/events.ts';
import { Durations } from '../run/durations.ts';
import { lastFailed } from '../run/last-failed.ts';
import { planCells, type PlannedCell } from '../run/plan.ts';
import { kernelsOf, resultsRoot, type Project } from '../run/project.ts';
import type { RequestedKernel } from '../run/requested-kernel.ts';
import { readScenarios } from '../run/scenarios.ts';
import { shardOf } from '../run/shard.ts';
import { BpfrigError } from '../util/errors.ts';
import { cacheRoot } from '../util/paths.ts';
import type { RunOptions } from './run-options.ts';
import { readSavedRun } from './saved-run.ts';

/** Cells to run, with what they were selected from. */
export interface RunPlan {
  readonly kernels: readonly RequestedKernel[];
  readonly cells: readonly PlannedCell[];
  /** Every cell of the whole, where `cells` are one shard of it. */
  readonly whole: readonly PlannedCell[];
  readonly durations: Durations;
}

/** What the options select; the kernels are those that have cells. */
export async function planRun(
  paths: readonly string[],
  options: RunOptions,
  project: Project,
): Promise<RunPlan> {
  const kernels = await kernelsOf(project, options.kernel, loadCatalogue(), options.arch);
  const only = options.lastFailed ? lastFailed(lastRun(resultsRoot(project))) : null;
  const whole = planCells(
    await readScenarios(paths, project),
    kernels.map(({ id }) => id),
    { variant: options.variant, grep: options.grep ?? null, only },
  );
  const durations = Durations.load(cacheRoot());
  const cells = options.shard === undefined ? whole : shardOf(whole, options.shard, durations);
  const needed = new Set(cells.map(({ cell }) => cell.kernel));
  return { kernels: kernels.filter(({ id }) => needed.has(id)), cells, whole, durations };
}

/** Events of the newest run. Throws `usage` where there is none. */
function lastRun(resultsDir: string): readonly RunEvent[] {
  const latest = join(resultsDir, 'latest');
  if (!existsSync(latest)) throw new BpfrigError('usage', `--last-failed: there is no last run at ${latest}`);
  return readSavedRun(latest);
}
