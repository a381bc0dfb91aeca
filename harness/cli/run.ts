import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { loadCatalogue } from '../kernel/catalogue.ts';
import { fetchKernel } from '../kernel/provider.ts';
import { expandKernelSpecs, kernelLabels } from '../kernel/spec.ts';
import { Durations } from '../run/durations.ts';
import { coverages, coverageTable } from '../run/coverage.ts';
import { EXIT } from '../run/exit-code.ts';
import { Guests, timeScale } from '../run/guests.ts';
import { hostFacts } from '../run/host.ts';
import { planCells, type PlannedCell } from '../run/plan.ts';
import { linkLatest, readEvents, RunFolder } from '../run/results.ts';
import { run, type RequestedKernel } from '../run/run.ts';
import { shardOf } from '../run/shard.ts';
import { Spine } from '../run/spine.ts';
import { VOCABULARY } from '../oracle/subjects.ts';
import { loadScenarios } from '../scenario/load.ts';
import { BpfrigError } from '../util/errors.ts';
import { removeLeftovers } from '../util/leftovers.ts';
import { cacheRoot, PROJECT_ROOT, resultsRoot } from '../util/paths.ts';
import { pruneCache } from '../util/prune.ts';
import {
  ACCELERATOR_CHOICES,
  chooseAccelerator,
  hostAcceleratorFacts,
  repeatWords,
} from '../vm/accelerator.ts';
import { keepGuests } from './keep.ts';
import { onInterrupt } from './interrupt.ts';
import { attachReporters } from './reporters.ts';
import {
  collect,
  collectReporter,
  collectVariant,
  defaultJobs,
  positiveInteger,
  shardOption,
  type RunOptions,
} from './run-options.ts';

/** `bpfrig run`: scenarios × kernels, to verdicts. */
export function runCommand(): Command {
  return new Command('run')
    .description('Run scenarios on kernels. Without paths: the suite of scenarios/ on the default kernels.')
    .argument('[paths...]', 'scenario files, or folders of them')
    .option(
      '--kernel <spec>',
      '6.12, debian:SUITE/SERIES[/FLAVOUR], path:FILE-OR-DIR, tree:DIR, or all (repeatable)',
      collect,
      [],
    )
    .option('--variant <axis=value>', 'only variants with this value (repeatable)', collectVariant, {})
    .option('--grep <text>', 'only cells whose id or title has this text')
    .addOption(
      new Option('--jobs <n>', 'cells at once')
        .argParser(positiveInteger)
        .default(defaultJobs(), 'one a core'),
    )
    .addOption(
      new Option('--accel <which>', 'what runs the guests').choices(ACCELERATOR_CHOICES).default('auto'),
    )
    .option(
      '--reporter <name[:file]>',
      'how to report, and where to (repeatable; default terminal)',
      collectReporter,
      [],
    )
    .option('--out <dir>', "the run's folder (default results/<run-id>)")
    .option('--max-failures <n>', 'start no further cell after so many red ones', positiveInteger)
    .option('--last-failed', 'only the cells that were red in results/latest')
    .option(
      '--keep',
      'keep the guest of a red cell until Enter, and say how to get into it; one cell at a time',
    )
    .option('--dry-run', 'say what would run, as events without verdicts, and run nothing')
    .option('--list', 'list the cells, one a line')
    .addOption(
      new Option(
        '--coverage',
        'list in place of the cells what the scenarios cover, and what they do not',
      ).implies({
        list: true,
      }),
    )
    .option('--shard <i/n>', 'only this part of the cells, balanced by how long they last took', shardOption)
    .option('--git-bisect', 'exit 0, 1 or 125, as `git bisect run` wants it')
    .option('--locked', 'only the kernel packages of images/kernels.lock.yaml')
    .option('--setup', "install the host's missing packages first (done by the launcher)")
    .action(async (paths: string[], options: RunOptions) => {
      process.exitCode = await runRun(paths, options);
    });
}

async function runRun(paths: readonly string[], options: RunOptions): Promise<number> {
  const catalogue = loadCatalogue();
  const specs = expandKernelSpecs([...options.kernel], catalogue);
  const kernels = kernelLabels(specs).map((id, index): RequestedKernel => ({
    id,
    spec: specs[index] as RequestedKernel['spec'],
  }));
  const plan = await planFrom(paths, kernels, options);
  const cacheDir = cacheRoot();
  const durations = Durations.load(cacheDir);
  const cells = options.shard === undefined ? plan : shardOf(plan, options.shard, durations);
  if (options.coverage) {
    const scenarios = [...new Set(cells.map(({ scenario }) => scenario))];
    console.log(coverages(scenarios).map(coverageTable).join('\n\n'));
    return EXIT.ok;
  }
  if (options.list || options.dryRun) {
    for (const { cell } of cells) console.log(cell.id);
    return cells.length > 0 ? EXIT.ok : EXIT.nothing;
  }
  // A shard without cells is still a part of the whole: it leaves a run for whoever merges them.
  if (cells.length === 0 && (options.shard === undefined || plan.length === 0)) {
    console.error('bpfrig: nothing to run: no cell matches');
    return EXIT.nothing;
  }

  const jobs = options.keep ? 1 : options.jobs;
  const facts = await hostAcceleratorFacts(jobs);
  const accelerator = chooseAccelerator(options.accel, facts);
  const host = await hostFacts(accelerator);
  const runId = newRunId();
  const resultsDir = resultsRoot();
  const folder = RunFolder.create(resolve(options.out ?? join(resultsDir, runId)));
  await removeLeftovers(cacheDir);
  using interrupt = onInterrupt();
  const spine = new Spine();
  const choices =
    options.reporter.length > 0 ? options.reporter : [{ name: 'terminal', file: null } as const];
  spine.listen(event => durations.onEvent(event));
  const reporters = attachReporters(spine, choices, folder, durations);
  linkLatest(resultsDir, folder.dir);
  const code = await run(
    {
      runId,
      argv: process.argv.slice(2),
      host,
      kernels: kernels.filter(({ id }) => cells.some(({ cell }) => cell.kernel === id)),
      cells,
      jobs,
      shard: options.shard === undefined ? null : { ...options.shard, plan: plan.map(({ cell }) => cell) },
      maxFailures: options.maxFailures ?? null,
      fetch: ({ id, spec }) =>
        fetchKernel(spec, {
          id,
          cacheDir,
          locked: options.locked ?? false,
          catalogue,
          signal: interrupt.signal,
          onProgress: line => process.stderr.write(`bpfrig: ${id}: ${line}\n`),
        }),
      cellEnvironment: {
        cacheDir,
        folder,
        guests: new Guests({
          cacheDir,
          accelerator,
          timeScale: timeScale(jobs, host.cpus),
          signal: interrupt.signal,
          onNote: text => spine.emit({ type: 'note', level: 'warning', text }),
        }),
        probes: new Map(),
        signal: interrupt.signal,
        repeatWords: repeatWords(accelerator, facts),
        keep: options.keep ? (cell, bed) => keepGuests(cell, bed, interrupt.signal) : null,
      },
      lastDuration: id => durations.get(id),
      endedBy: () => interrupt.endedBy(),
    },
    spine,
  );
  reporters.close();
  durations.save();
  await pruneCache(cacheDir);
  process.stderr.write(`bpfrig: results in ${folder.dir}\n`);
  return code;
}

async function planFrom(
  paths: readonly string[],
  kernels: readonly RequestedKernel[],
  options: RunOptions,
): Promise<PlannedCell[]> {
  const scenarios = await loadScenarios(paths.length > 0 ? [...paths] : [defaultScenarios()], {
    root: process.cwd(),
    vocabulary: VOCABULARY,
  });
  const only = options.lastFailed ? lastFailed() : null;
  const filter = { variant: options.variant, grep: options.grep ?? null, only };
  return planCells(
    scenarios,
    kernels.map(({ id }) => id),
    filter,
  );
}

/** The suite, as near to where bpfrig was started as it is. */
function defaultScenarios(): string {
  return existsSync('scenarios') ? 'scenarios' : join(PROJECT_ROOT, 'scenarios');
}

/** Cells of the last run that were not green, those without a verdict among them. */
function lastFailed(): Set<string> {
  const latest = join(resultsRoot(), 'latest');
  if (!existsSync(latest)) throw new BpfrigError('usage', `--last-failed: there is no last run at ${latest}`);
  const red = new Set<string>();
  for (const event of readEvents(latest)) {
    if (event.type === 'run-start') for (const { id } of event.cells) red.add(id);
    if (event.type === 'cell-end' && ['pass', 'known', 'skip'].includes(event.result.verdict))
      red.delete(event.result.cell.id);
  }
  return red;
}

/** Sorts by time, and two runs in one second do not meet. */
function newRunId(): string {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `${stamp}-${process.pid}`;
}
