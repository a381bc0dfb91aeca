import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { bisect } from '../run/bisect.ts';
import { timeStamp } from '../run/run-id.ts';
import { openProject, resultsRoot } from '../run/project.ts';
import { readScenarios } from '../run/scenarios.ts';
import { inSession } from '../run/session.ts';
import { compile, type Expression } from '../scenario/cel.ts';
import { BpfrigError } from '../util/errors.ts';
import { logText } from '../report/text.ts';
import type { AcceleratorChoice } from '../vm/accelerator.ts';
import { onProgress } from './progress.ts';
import { acceleratorOption, collectVariant, positiveInteger } from './run-options.ts';

/** Options of `bisect` as commander returns them. */
interface BisectOptions {
  readonly good?: string;
  readonly bad?: string;
  readonly packages?: string;
  readonly variant: Readonly<Record<string, readonly string[]>>;
  readonly expr?: string;
  readonly jobs: number;
  readonly accel: AcceleratorChoice;
  readonly out?: string;
}

/** `bpfrig bisect`: the first series, or the first package of a series, that answers otherwise. */
export function bisectCommand(): Command {
  return new Command('bisect')
    .description('Find the first series, or package of a series, in which a verdict or a counter changes.')
    .argument('<scenario>', 'a scenario file, or a folder of them')
    .option('--good <spec>', 'a series (6.1), or a package version (6.12.90): where the search begins')
    .option('--bad <spec>', 'where it ends; it may be the older of the two')
    .option('--packages <series>', 'over the packages of this series; without ends, all that the mirror has')
    .option('--variant <axis=value>', 'only variants with this value (repeatable)', collectVariant, {})
    .option('--expr <cel>', "by this expression over a cell's counters, instead of its verdict")
    .option('--jobs <n>', 'cells of one kernel at once', positiveInteger, 1)
    .addOption(acceleratorOption())
    .option('--out <dir>', "folder of the kernels' runs (default results/bisect-<time>)")
    .action(async (path: string, options: BisectOptions) => {
      process.exitCode = await runBisect(path, options);
    });
}

async function runBisect(path: string, options: BisectOptions): Promise<number> {
  const { good = null, bad = null, packages = null, variant, jobs, accel } = options;
  const expression = options.expr === undefined ? null : compiled(options.expr);
  const project = openProject([path]);
  const scenarios = await readScenarios([path], project);
  const out = resolve(options.out ?? join(resultsRoot(project), `bisect-${timeStamp()}`));
  const request = { scenarios, variant, expression, good, bad, packages, out };
  return await inSession({ accel, jobs, onProgress }, session => bisect(request, session, print));
}

function compiled(text: string): Expression {
  const expression = compile(text);
  if ('problem' in expression) throw new BpfrigError('usage', `--expr ${text}: ${expression.problem}`);
  return expression;
}

function print(line: string): void {
  console.log(logText(line));
}
