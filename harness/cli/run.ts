import { Command, Option } from 'commander';
import { defaultJobs } from '../run/default-jobs.ts';
import { coverages, coverageTable } from '../run/coverage.ts';
import { planDryRun } from '../run/dry-run.ts';
import { EXIT } from '../model/exit-code.ts';
import { openProject, resultsRoot } from '../run/project.ts';
import { inSession } from '../run/session.ts';
import { BpfrigError } from '../util/errors.ts';
import { cacheRoot } from '../util/paths.ts';
import { reportDryRun } from './dry-run.ts';
import { KEEP_CHOICES } from './keep.ts';
import { planRun } from './plan-run.ts';
import { onProgress } from './progress.ts';
import { addReporterOptions } from './reporter-options.ts';
import { runPlan } from './run-plan.ts';
import {
  kernelOption,
  jobsOption,
  acceleratorOption,
  archOption,
  lockedOption,
  collectVariant,
  positiveInteger,
  shardOption,
  wholeNumber,
  type RunOptions,
} from './run-options.ts';
import { watch } from './watch/watch.ts';

/** `bpfrig run`: scenarios × kernels, to verdicts. */
export function runCommand(): Command {
  const command = new Command('run')
    .description(
      'Run scenarios on kernels. Without paths: the suites of bpfrig.yaml. Without --kernel: its kernels, or the default ones.',
    )
    .argument('[paths...]', 'scenario files, or folders of them')
    .addOption(kernelOption())
    .addOption(archOption())
    .option('--variant <axis=value>', 'only variants with this value (repeatable)', collectVariant, {})
    .option('--grep <text>', 'only cells whose id or title has this text')
    .addOption(jobsOption('cells'))
    .addOption(acceleratorOption());
  return addReporterOptions(command)
    .option('--out <dir>', "the run's folder (default results/<run-id>)")
    .option('--max-failures <n>', 'start no further cell once this many are red', positiveInteger)
    .option('--retries <n>', 'try a cell that the host spoiled (infra) so many times again', wholeNumber, 1)
    .option('--last-failed', 'only the cells that were red in results/latest')
    .addOption(
      new Option(
        '--keep [which]',
        'keep the guests of cells until Enter, and print how to enter them (default red; always: also of green cells)',
      )
        .choices(KEEP_CHOICES)
        .preset('red'),
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
    .option(
      '--verdict-later',
      'of a shard: exit 0 if there are results to merge, whatever they are; `report` of all shards decides',
    )
    .option('--git-bisect', 'exit 0, 1 or 125, as `git bisect run` expects')
    .addOption(lockedOption())
    .addOption(
      new Option(
        '--watch',
        'after the run, wait for edits, and run what depends on them again, until q or Ctrl-C',
      ).conflicts(['out', 'shard', 'gitBisect', 'keep', 'dryRun', 'list', 'coverage', 'maxFailures']),
    )
    .option('--setup', "install the host's missing packages first (done by the launcher)")
    .action(async (paths: string[], options: RunOptions) => {
      process.exitCode = await run(paths, options);
    });
}

async function run(paths: readonly string[], options: RunOptions): Promise<number> {
  if (options.verdictLater && options.shard === undefined)
    throw new BpfrigError(
      'usage',
      '--verdict-later: only for a shard: name it by --shard, such as --shard 1/3',
    );
  const project = openProject(paths);
  const jobs = options.jobs ?? (options.keep === undefined ? (project.jobs ?? defaultJobs()) : 1);
  const { accel, retries, locked = false } = options;
  if (options.watch) {
    const ended: { code: number | null } = { code: null };
    const code = await inSession({ accel, jobs, retries, locked, onProgress }, async session => {
      ended.code = await watch(paths, options, session);
      return ended.code;
    });
    // Ctrl-C ends a watch as `q` does.
    return code === EXIT.SIGINT ? (ended.code ?? code) : code;
  }
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
  if (options.dryRun) {
    const dryRun = planDryRun(kernels, cells, { cacheDir: cacheRoot(), locked, jobs, durations });
    return await reportDryRun(dryRun, cells, options);
  }
  return await inSession({ accel, jobs, retries, locked, onProgress }, async session => {
    const { code } = await runPlan(plan, session, resultsRoot(project), options);
    return code;
  });
}
