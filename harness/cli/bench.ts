import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { loadCatalogue } from '../kernel/catalogue.ts';
import { compareSuites, suiteFigures } from '../run/bench/against.ts';
import { measure } from '../run/bench/measure.ts';
import { figuresOf, holds, type Figure } from '../run/bench/report.ts';
import { EXIT } from '../model/exit-code.ts';
import { requestedKernel } from '../run/requested-kernel.ts';
import { inSession, type Session } from '../run/session.ts';
import { onProgress } from './progress.ts';
import { positiveInteger } from './run-options.ts';
import { table } from './table.ts';

/** Options of `bench` as commander returns them. */
interface BenchOptions {
  readonly kernel: string;
  readonly clones: number;
  readonly rounds?: number;
  readonly suite: boolean;
  readonly against?: string;
  readonly json?: string;
}

/** `bpfrig bench`: the harness's own speed, compared with bare QEMU, or with another checkout. */
export function benchCommand(): Command {
  return new Command('bench')
    .description("The harness's own speed, compared with bare QEMU in the same run: a table, and JSON.")
    .argument('[paths...]', 'with --against: scenarios of both checkouts; without paths, their suites')
    .option('--kernel <spec>', 'which kernel', '7.3')
    .option('--clones <n>', 'clones to time', positiveInteger, 20)
    .option(
      '--rounds <n>',
      'rounds of boots and of rates (default 5); with --against, runs of each suite (default 1)',
      positiveInteger,
    )
    .option('--no-suite', 'take cells per minute from a sample instead of the default suite')
    .option('--against <dir>', 'time only the default suite, of this checkout and of another, in turns')
    .option('--json <file>', 'write everything that was measured')
    .addHelpText(
      'after',
      `
The machine must be idle. Limits are ratios of figures of one run, since machines differ. Run both suites once before --against:
templates that are made while the time runs are counted, and shown. The exit code is 1 where a limit does not hold.
`,
    )
    .action(async (paths: string[], options: BenchOptions) => {
      const work = (session: Session): Promise<number> =>
        options.against === undefined
          ? bench(options, session)
          : benchAgainst(options.against, paths, options, session);
      process.exitCode = await inSession({ accel: 'auto', jobs: 1, timeScale: 2, onProgress }, work);
    });
}

async function bench(options: BenchOptions, session: Session): Promise<number> {
  const requested = await requestedKernel(options.kernel, loadCatalogue());
  const { clones, suite, rounds = 5 } = options;
  const report = await measure(requested, { clones, rounds, suite }, session, onProgress);
  const figures = figuresOf(report);
  console.log(`${report.kernel} on ${report.host}\n`);
  printFigures(figures);
  const phases = Object.entries(report.phasesMs).map(([phase, ms]) => [phase, `${Math.round(ms)} ms`]);
  console.log(`\n${table([['phase of a cell', 'median'], ...phases])}`);
  return finish({ ...report, figures }, figures, options);
}

async function benchAgainst(
  dir: string,
  paths: readonly string[],
  options: BenchOptions,
  { signal }: Session,
): Promise<number> {
  const { rounds = 1 } = options;
  const comparison = await compareSuites(dir, paths, { rounds, signal, onProgress });
  const figures = suiteFigures(comparison);
  printFigures(figures);
  for (const { id, other, own } of comparison.differing) console.log(`${id}: ${other}, here ${own}`);
  return finish({ ...comparison, figures }, figures, options);
}

function printFigures(figures: readonly Figure[]): void {
  console.log(table([['figure', 'value', 'at most', ''], ...figures.map(row)]));
}

function row(figure: Figure): string[] {
  const { name, value, unit, limit } = figure;
  const verdict = limit === null ? '' : holds(figure) ? 'holds' : 'DOES NOT HOLD';
  return [name, `${value} ${unit}`.trim(), limit === null ? '' : `${limit} ${unit}`.trim(), verdict];
}

function finish(measured: object, figures: readonly Figure[], { json }: BenchOptions): number {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(measured, null, 2)}\n`);
  return figures.every(holds) ? EXIT.ok : EXIT.red;
}
