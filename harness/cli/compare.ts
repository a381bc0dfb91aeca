import { readFileSync, statSync } from 'node:fs';
import { Command } from 'commander';
import { compareKernelsOf, kernelComparisonText } from '../report/compare-kernels.ts';
import { compareLoads, loadComparisonText, loadRegressionCode } from '../report/compare-loads.ts';
import { compareRuns, regressionCode, runComparisonText } from '../report/compare-runs.ts';
import { foldRun, type RunSummary } from '../report/fold.ts';
import { readLoadReport } from '../report/load-schema.ts';
import type { LoadReport } from '../model/load-report.ts';
import { EXIT } from '../model/exit-code.ts';
import { inert } from '../report/text.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { jsonText } from '../util/json-text.ts';
import { percent } from './run-options.ts';
import { readSavedRun } from './saved-run.ts';

interface CompareFlags {
  readonly json?: boolean;
  readonly allCounters?: boolean;
  readonly commonOnly?: boolean;
  readonly maxInsnsGrowth?: number;
}

/** `bpfrig compare`: what changed between two runs, or along the kernels of one. */
export function compareCommand(): Command {
  return new Command('compare')
    .description('What changed from one run to another, or along the kernels of one run.')
    .argument('<run>', "a run's folder, or a file of `load --json`; the baseline where there are two")
    .argument('[after]', "another run's folder or file, compared with the first")
    .option('--json', 'as one JSON document')
    .option('--all-counters', 'exact numbers, and counters that depend on timing too')
    .option('--common-only', 'only cells that both runs planned')
    .option(
      '--max-insns-growth <percent>',
      'of two files of `load --json`: a program whose verified instructions grew by more is a regression, such as 10%',
      percent,
    )
    .addHelpText(
      'after',
      `
Between two runs the exit code is 1 where a cell is newly red or gone, 3 where the host spoiled one or a file is not what a run wrote, else 0.
Counters are compared as amounts of what was sent (none, half, some, all), so that differences in timing do not count.
Of two files of load --json, each program is compared on each kernel with itself: 1 where one is newly refused, or grew by more than
--max-insns-growth; 3 where one has no answer any more.
`,
    )
    .action((before: string, after: string | undefined, flags: CompareFlags) => {
      process.exitCode = compare(before, after, flags);
    });
}

function compare(before: string, after: string | undefined, flags: CompareFlags): number {
  if (isFile(before)) return compareFiles(before, after, flags);
  if (flags.maxInsnsGrowth !== undefined)
    throw new BpfrigError(
      'usage',
      `--max-insns-growth: ${before} is a run; it is for two files of load --json`,
    );
  return after === undefined ? compareOne(before, flags) : compareTwo(before, after, flags);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function compareFiles(before: string, after: string | undefined, flags: CompareFlags): number {
  if (after === undefined)
    throw new BpfrigError('usage', `${before}: a file of load --json is compared with another; name both`);
  const comparison = compareLoads(loadReport(before), loadReport(after), flags.maxInsnsGrowth ?? null);
  process.stdout.write(flags.json === true ? document(comparison) : inert(loadComparisonText(comparison)));
  return loadRegressionCode(comparison);
}

function loadReport(path: string): LoadReport {
  try {
    return readLoadReport(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof BpfrigError) throw error;
    throw new BpfrigError('usage', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function compareOne(dir: string, { json = false, allCounters = false }: CompareFlags): number {
  const comparison = compareKernelsOf(summaryOf(dir), { allCounters });
  process.stdout.write(json ? document(comparison) : inert(kernelComparisonText(comparison)));
  return EXIT.ok;
}

function compareTwo(before: string, after: string, flags: CompareFlags): number {
  const { json = false, allCounters = false, commonOnly = false } = flags;
  const comparison = compareRuns(summaryOf(before), summaryOf(after), { allCounters, commonOnly });
  process.stdout.write(json ? document(comparison) : inert(runComparisonText(comparison)));
  return regressionCode(comparison);
}

function summaryOf(dir: string): RunSummary {
  return foldRun(readSavedRun(dir));
}

function document(value: unknown): string {
  return `${jsonText(value, 2)}\n`;
}
