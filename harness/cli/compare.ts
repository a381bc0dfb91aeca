import { Command } from 'commander';
import { compareKernelsOf, kernelComparisonText } from '../report/compare-kernels.ts';
import { compareRuns, regressionCode, runComparisonText } from '../report/compare-runs.ts';
import { foldRun, type RunSummary } from '../report/fold.ts';
import { EXIT } from '../model/exit-code.ts';
import { inert } from '../report/text.ts';
import { jsonText } from '../util/json-text.ts';
import { readSavedRun } from './saved-run.ts';

interface CompareFlags {
  readonly json?: boolean;
  readonly allCounters?: boolean;
  readonly commonOnly?: boolean;
}

/** `bpfrig compare`: what changed between two runs, or along the kernels of one. */
export function compareCommand(): Command {
  return new Command('compare')
    .description('What changed from one run to another, or along the kernels of one run.')
    .argument('<run>', "a run's folder; the baseline where there are two")
    .argument('[after]', "another run's folder, compared with the first")
    .option('--json', 'as one JSON document')
    .option('--all-counters', 'exact numbers, and counters that depend on timing too')
    .option('--common-only', 'only cells that both runs planned')
    .addHelpText(
      'after',
      `
Between two runs the exit code is 1 where a cell is newly red or gone, 3 where the host spoiled one or a file is not what a run wrote, else 0.
Counters are compared as amounts of what was sent (none, half, some, all), so that differences in timing do not count.
`,
    )
    .action((before: string, after: string | undefined, flags: CompareFlags) => {
      process.exitCode = after === undefined ? compareOne(before, flags) : compareTwo(before, after, flags);
    });
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
