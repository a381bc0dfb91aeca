import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { loadCatalogue, type Catalogue } from '../kernel/catalogue.ts';
import { fetchKernel } from '../kernel/provider.ts';
import { parseKernelSpec } from '../kernel/spec.ts';
import type { CellResult } from '../model/cell.ts';
import { byExpression, byVerdict, type Answer } from '../run/answer.ts';
import { findTurn } from '../run/bisect.ts';
import { EXIT } from '../run/exit-code.ts';
import { Guests, timeScale } from '../run/guests.ts';
import { hostFacts } from '../run/host.ts';
import { packageLadder, seriesLadder, type Rung } from '../run/ladder.ts';
import { planCells } from '../run/plan.ts';
import { RunFolder } from '../run/results.ts';
import { run } from '../run/run.ts';
import { Spine } from '../run/spine.ts';
import { compile, type Expression } from '../scenario/cel.ts';
import { VOCABULARY } from '../oracle/subjects.ts';
import { loadScenarios } from '../scenario/load.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { BpfrigError } from '../util/errors.ts';
import { cacheRoot, resultsRoot } from '../util/paths.ts';
import {
  ACCELERATOR_CHOICES,
  chooseAccelerator,
  hostAcceleratorFacts,
  repeatWords,
  type AcceleratorChoice,
  type ChosenAccelerator,
} from '../vm/accelerator.ts';
import { onInterrupt, type Interrupt } from './interrupt.ts';
import { collectVariant, positiveInteger } from './run-options.ts';

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
    .option('--expr <cel>', "by this expression over a cell's counters, in place of its verdict")
    .option('--jobs <n>', 'cells of one kernel at once', positiveInteger, 1)
    .addOption(
      new Option('--accel <which>', 'what runs the guests').choices(ACCELERATOR_CHOICES).default('auto'),
    )
    .option('--out <dir>', "folder of the kernels' runs (default results/bisect-<time>)")
    .action(async (path: string, options: BisectOptions) => {
      process.exitCode = await runBisect(path, options);
    });
}

async function runBisect(path: string, options: BisectOptions): Promise<number> {
  const expression = options.expr === undefined ? null : compiled(options.expr);
  const scenarios = await loadScenarios([path], { root: process.cwd(), vocabulary: VOCABULARY });
  const catalogue = loadCatalogue();
  using interrupt = onInterrupt();
  const rungs = await ladderOf(options, catalogue, interrupt);
  if (rungs.length < 2) {
    throw new BpfrigError(
      'usage',
      `nothing between the ends: only ${rungs.map(r => r.label).join(', ') || 'none'}`,
    );
  }
  console.log(`bisect over ${rungs.length} kernels: ${rungs.map(r => r.label).join(' ')}`);
  const facts = await hostAcceleratorFacts(options.jobs);
  const accelerator = chooseAccelerator(options.accel, facts);
  const out = resolve(options.out ?? join(resultsRoot(), `bisect-${stamp()}`));
  const words = repeatWords(accelerator, facts);
  const setting = { scenarios, options, catalogue, accelerator, repeatWords: words, interrupt, out };
  const found = await findTurn(rungs, async rung => {
    const answer = answerOf(await runOn(rung, setting), expression);
    if (interrupt.endedBy() !== null) throw new Interrupted();
    console.log(`  ${rung.label}: ${wordOf(answer.holds)} (${answer.why})`);
    return answer.holds;
  }).catch((error: unknown) => {
    if (error instanceof Interrupted) return null;
    throw error;
  });
  if (found === null) return EXIT[interrupt.endedBy() ?? 'SIGINT'];
  if ('reason' in found) {
    const both = `${rungs[0]?.label} and ${rungs.at(-1)?.label}`;
    console.log(
      found.reason === 'same'
        ? `no change: ${both} both: ${wordOf(found.answer)}`
        : `cannot begin: ${found.at.label} says nothing of the kernel`,
    );
    return found.reason === 'same' ? EXIT.nothing : EXIT.infra;
  }
  console.log(
    `first: ${found.first.label}, after ${found.before.label} (${found.probes} of ${rungs.length} kernels asked)`,
  );
  if (found.between.length > 0) {
    console.log(`or one of these, which cannot be judged: ${found.between.map(r => r.label).join(' ')}`);
  }
  return EXIT.ok;
}

class Interrupted extends Error {}

function compiled(text: string): Expression {
  const expression = compile(text);
  if ('problem' in expression) throw new BpfrigError('usage', `--expr ${text}: ${expression.problem}`);
  return expression;
}

function answerOf(results: readonly CellResult[], expression: Expression | null): Answer {
  return expression === null ? byVerdict(results) : byExpression(results, expression);
}

function wordOf(holds: boolean | null): string {
  return holds === null ? 'not to be judged' : holds ? 'holds' : 'does not hold';
}

const PACKAGE_VERSION = /^(\d+\.\d+)\.\d+/;

async function ladderOf(
  { good, bad, packages }: BisectOptions,
  catalogue: Catalogue,
  interrupt: Interrupt,
): Promise<Rung[]> {
  const named = packages ?? PACKAGE_VERSION.exec(good ?? '')?.[1];
  if (named !== undefined) {
    const spec = parseKernelSpec(named, catalogue);
    if (spec.kind !== 'debian') throw new BpfrigError('usage', `--packages ${named}: not a series`);
    const options = { cacheDir: cacheRoot(), catalogue, signal: interrupt.signal };
    return packageLadder(spec, { from: good ?? null, to: bad ?? null }, options);
  }
  if (good === undefined || bad === undefined)
    throw new BpfrigError('usage', 'bisect needs --good and --bad, or --packages');
  return seriesLadder(parseKernelSpec(good, catalogue), parseKernelSpec(bad, catalogue), catalogue);
}

interface Setting {
  readonly scenarios: readonly Scenario[];
  readonly options: BisectOptions;
  readonly catalogue: Catalogue;
  readonly accelerator: ChosenAccelerator;
  readonly repeatWords: readonly string[];
  readonly interrupt: Interrupt;
  readonly out: string;
}

/** Runs the scenarios on one kernel: a run like any other, in a folder of its own. */
async function runOn(rung: Rung, setting: Setting): Promise<CellResult[]> {
  const { scenarios, options, catalogue, accelerator, interrupt, out } = setting;
  const cells = planCells(scenarios, [rung.label], { variant: options.variant, grep: null, only: null });
  if (cells.length === 0) throw new BpfrigError('usage', 'nothing to run: no variant matches');
  const cacheDir = cacheRoot();
  const host = await hostFacts(accelerator);
  const folder = RunFolder.create(join(out, rung.label));
  const spine = new Spine();
  const results: CellResult[] = [];
  spine.listen(event => folder.append(event));
  spine.listen(event => void (event.type === 'cell-end' && results.push(event.result)));
  const guests = new Guests({
    cacheDir,
    accelerator,
    timeScale: timeScale(options.jobs, host.cpus),
    signal: interrupt.signal,
    onNote: text => spine.emit({ type: 'note', level: 'warning', text }),
  });
  await run(
    {
      runId: rung.label,
      argv: process.argv.slice(2),
      host,
      kernels: [{ id: rung.label, spec: rung.spec }],
      cells,
      jobs: options.jobs,
      shard: null,
      maxFailures: null,
      fetch: ({ id, spec }) =>
        fetchKernel(spec, {
          id,
          cacheDir,
          catalogue,
          locked: rung.lock !== null,
          ...(rung.lock !== null && { lock: rung.lock }),
          signal: interrupt.signal,
          onProgress: line => process.stderr.write(`bpfrig: ${id}: ${line}\n`),
        }),
      cellEnvironment: {
        cacheDir,
        folder,
        guests,
        probes: new Map(),
        signal: interrupt.signal,
        keep: null,
        repeatWords: setting.repeatWords,
      },
      lastDuration: () => undefined,
      endedBy: () => interrupt.endedBy(),
    },
    spine,
  );
  return results;
}

function stamp(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}
