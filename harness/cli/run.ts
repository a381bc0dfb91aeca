import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { RunEvent } from '../model/events.ts';
import { loadCatalogue } from '../kernel/catalogue.ts';
import { defaultJobs } from '../run/default-jobs.ts';
import { coverages, coverageTable } from '../run/coverage.ts';
import { planDryRun } from '../run/dry-run.ts';
import { Durations } from '../run/durations.ts';
import { EventLog } from '../run/event-log.ts';
import { EXIT } from '../model/exit-code.ts';
import { lastFailed } from '../run/last-failed.ts';
import { planCells, type PlannedCell } from '../run/plan.ts';
import { kernelsOf, openProject, resultsRoot, type Project } from '../run/project.ts';
import type { RequestedKernel } from '../run/requested-kernel.ts';
import { linkLatest, RunFolder } from '../run/results.ts';
import { newRunId } from '../run/run-id.ts';
import { readScenarios } from '../run/scenarios.ts';
import { inSession, type Session } from '../run/session.ts';
import { shardOf } from '../run/shard.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { cacheRoot } from '../util/paths.ts';
import { reportDryRun } from './dry-run.ts';
import { keepGuests } from './keep.ts';
import { openRun } from './open-runs.ts';
import { onProgress } from './progress.ts';
import { attachReporters } from './reporters.ts';
import {
  kernelOption,
  jobsOption,
  acceleratorOption,
  lockedOption,
  collectVariant,
  collectReporter,
  positiveInteger,
  shardOption,
  wholeNumber,
  TERMINAL,
  type RunOptions,
} from './run-options.ts';
import { readSavedRun } from './saved-run.ts';

/** `bpfrig run`: scenarios × kernels, to verdicts. */
export function runCommand(): Command {
  return new Command('run')
    .description('Run scenarios on kernels. Without paths: the suite of scenarios/ on the default kernels.')
    .argument('[paths...]', 'scenario files, or folders of them')
    .addOption(kernelOption())
    .option('--variant <axis=value>', 'only variants with this value (repeatable)', collectVariant, {})
    .option('--grep <text>', 'only cells whose id or title has this text')
    .addOption(jobsOption('cells'))
    .addOption(acceleratorOption())
    .option(
      '--reporter <name[:file]>',
      'how to report, and where to (repeatable; default terminal)',
      collectReporter,
      [],
    )
    .option('--out <dir>', "the run's folder (default results/<run-id>)")
    .option('--max-failures <n>', 'start no further cell once this many are red', positiveInteger)
    .option('--retries <n>', 'try a cell that the host spoiled (infra) so many times again', wholeNumber, 1)
    .option('--last-failed', 'only the cells that were red in results/latest')
    .option(
      '--keep',
      'keep the guest of a failed cell until Enter, and print how to enter it; one cell at a time',
    )
    .option(
      '--dry-run',
      'run nothing: print per kernel whether it is cached, its guests, cells and estimated time; with --reporter jsonl as events',
    )
    .option('--list', 'list the cells, one per line')
    .addOption(
      new Option(
        '--coverage',
        'list what the scenarios cover and what they do not, instead of the cells',
      ).implies({
        list: true,
      }),
    )
    .option('--shard <i/n>', 'only this part of the cells, balanced by how long they last took', shardOption)
    .option('--git-bisect', 'exit 0, 1 or 125, as `git bisect run` expects')
    .addOption(lockedOption())
    .option('--setup', "install the host's missing packages first (done by the launcher)")
    .action(async (paths: string[], options: RunOptions) => {
      process.exitCode = await run(paths, options);
    });
}

/** Cells to run, with what they were selected from. */
interface RunPlan {
  readonly kernels: readonly RequestedKernel[];
  readonly cells: readonly PlannedCell[];
  /** Every cell of the whole, where `cells` are one shard of it. */
  readonly whole: readonly PlannedCell[];
  readonly durations: Durations;
}

async function run(paths: readonly string[], options: RunOptions): Promise<number> {
  const project = openProject(paths);
  const plan = await planRun(paths, options, project);
  const { kernels, cells, whole, durations } = plan;
  if (options.coverage) {
    const scenarios = [...new Set(cells.map(({ scenario }) => scenario))];
    console.log(coverages(scenarios).map(coverageTable).join('\n\n'));
    return EXIT.ok;
  }
  if (options.list) {
    for (const { cell } of cells) console.log(cell.id);
    return cells.length > 0 ? EXIT.ok : EXIT.nothing;
  }
  // A shard without cells is still a part of the whole: whoever merges the shards needs its run.
  if (cells.length === 0 && (options.shard === undefined || whole.length === 0)) {
    console.error('bpfrig: nothing to run: no cell matches');
    return EXIT.nothing;
  }
  const jobs = options.keep ? 1 : (options.jobs ?? project.jobs ?? defaultJobs());
  const { accel, retries, locked = false } = options;
  if (options.dryRun) {
    const dryRun = planDryRun(kernels, cells, { cacheDir: cacheRoot(), locked, jobs, durations });
    return await reportDryRun(dryRun, cells, options);
  }
  return await inSession({ accel, jobs, retries, locked, onProgress }, session =>
    runPlan(plan, session, resultsRoot(project), options),
  );
}

/** What the options select; the kernels are those that have cells. */
async function planRun(paths: readonly string[], options: RunOptions, project: Project): Promise<RunPlan> {
  const kernels = kernelsOf(project, options.kernel, loadCatalogue());
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

async function runPlan(
  { kernels, cells, whole, durations }: RunPlan,
  session: Session,
  resultsDir: string,
  options: RunOptions,
): Promise<number> {
  const runId = newRunId();
  const folder = RunFolder.create(
    resolve(options.out ?? join(resultsDir, runId)),
    whole.map(({ cell }) => cell.id),
  );
  const eventLog = new EventLog(onProgress);
  const choices = options.reporter.length > 0 ? options.reporter : [TERMINAL];
  const reporters = attachReporters(eventLog, choices, folder, durations);
  using _open = openRun(folder.dir, eventLog, reporters);
  tryLinkLatest(resultsDir, folder.dir);
  const { shard, maxFailures = null } = options;
  const code = await session.run(
    {
      runId,
      folder,
      kernels,
      cells,
      shard: shard === undefined ? null : { ...shard, plan: whole.map(({ cell }) => cell) },
      maxFailures,
      keep: options.keep ? (cell, bed) => keepGuests(cell, bed, session.signal) : null,
      durations,
    },
    eventLog,
  );
  reporters.close();
  onProgress(`results in ${folder.dir}`);
  return eventLog.codeOf(code);
}

/** The run does not depend on the link, which may be in a folder that others own. */
function tryLinkLatest(resultsDir: string, dir: string): void {
  try {
    linkLatest(resultsDir, dir);
  } catch (error) {
    onProgress(`${join(resultsDir, 'latest')} still names an older run: ${messageOf(error)}`);
  }
}
