import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { execa } from 'execa';
import { loadCatalogue } from '../kernel/catalogue.ts';
import { fetchKernel } from '../kernel/provider.ts';
import { expandKernelSpecs, kernelLabels } from '../kernel/spec.ts';
import type { Kernel } from '../model/kernel.ts';
import type { CellResult } from '../model/cell.ts';
import type { RunEvent } from '../model/events.ts';
import { bareBootMs, templateBootMs } from '../run/bench/boot.ts';
import { cloneMemory, cloneReadyMs } from '../run/bench/clones.ts';
import { addRates, noRates, type ObserverCost } from '../run/bench/observers.ts';
import { figuresOf, type BenchReport, type Figure } from '../run/bench/report.ts';
import { median, sampleOf } from '../run/bench/sample.ts';
import { EXIT } from '../run/exit-code.ts';
import { Guests } from '../run/guests.ts';
import { hostFacts } from '../run/host.ts';
import { indexPrograms } from '../run/programs.ts';
import { StepContext } from '../run/steps/context.ts';
import { runSteps } from '../run/steps/run-steps.ts';
import { VOCABULARY } from '../oracle/subjects.ts';
import { loadScenarios } from '../scenario/load.ts';
import { BpfrigError } from '../util/errors.ts';
import { cacheRoot, PROJECT_ROOT } from '../util/paths.ts';
import { makeWorkspace } from '../util/workspace.ts';
import { chooseAccelerator, hostAcceleratorFacts } from '../vm/accelerator.ts';
import { positiveInteger } from './run-options.ts';
import { table } from './table.ts';

/** Options of `bench` as commander gives them. */
interface BenchOptions {
  readonly kernel: string;
  readonly clones: number;
  readonly rounds: number;
  readonly suite: boolean;
  readonly json?: string;
}

/** `bpfrig bench`: the harness's own speed, beside bare QEMU in the same run. */
export function benchCommand(): Command {
  return new Command('bench')
    .description("The harness's own speed, beside bare QEMU in the same run: a table, and JSON.")
    .option('--kernel <spec>', 'which kernel', '7.3')
    .option('--clones <n>', 'clones to time', positiveInteger, 20)
    .option('--rounds <n>', 'rounds of boots and of rates', positiveInteger, 5)
    .option('--no-suite', 'take cells a minute from a sample and not from the default suite')
    .option('--json <file>', 'write everything that was measured')
    .action(async (options: BenchOptions) => {
      process.exitCode = await runBench(options);
    });
}

const SHAPE = { topology: 'virtio', guest: { cpus: 4, memoryMiB: 512, queues: 1 } } as const;
const SAMPLE = join(PROJECT_ROOT, 'scenarios', 'cpumap', 'redirect', 'one-cpu.yaml');
const RATE = join(PROJECT_ROOT, 'harness', 'run', 'bench', 'pktgen-rate.yaml');

async function runBench(options: BenchOptions): Promise<number> {
  const cacheDir = cacheRoot();
  const accelerator = chooseAccelerator('auto', await hostAcceleratorFacts(1));
  const host = await hostFacts(accelerator);
  const [spec] = expandKernelSpecs([options.kernel], loadCatalogue());
  if (spec === undefined) throw new BpfrigError('usage', `--kernel ${options.kernel}: names no kernel`);
  const kernel = await fetchKernel(spec, {
    cacheDir,
    locked: false,
    id: kernelLabels([spec])[0] ?? spec.text,
  });
  const { signal } = new AbortController();
  const guests = new Guests({ cacheDir, accelerator, timeScale: 2, signal, onNote: tell });

  tell('boots');
  const guestSpec = await guests.bootable(kernel, SHAPE);
  const bare: number[] = [];
  const template: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    bare.push(await bareBootMs(guestSpec));
    template.push(await templateBootMs(guestSpec));
  }
  tell('clones');
  const ready = await cloneReadyMs(guests, kernel, SHAPE, options.clones);
  tell('cells');
  const sample = await timedRun([SAMPLE, '--kernel', options.kernel, '--jobs', '1']);
  const overheads = sample.results.map(({ phases }) => overheadOf(phases));
  tell('rates');
  const cost = await rates(guests, kernel, options.rounds, cacheDir);
  tell('memory');
  const memory = await memoryOf(guests, kernel, cacheDir);
  if (options.suite) tell('the default suite');
  const suite = options.suite ? await timedRun([]) : sample;

  const report: BenchReport = {
    kernel: `${kernel.id} (${kernel.release})`,
    host: `${host.cpus} cores, ${host.memoryMiB} MiB, QEMU ${host.qemu}, ${host.accel} (${host.accelReason})`,
    bareBootMs: bare,
    templateBootMs: template,
    cloneReadyMs: sampleOf(ready),
    overheadMs: sampleOf(overheads),
    phasesMs: medianPhases(sample.results),
    cellsAMinute: (60_000 * suite.results.length) / suite.durationMs,
    observerCost: cost,
    memory,
    firstVerdictMs: sample.firstVerdictMs,
  };
  const figures = figuresOf(report);
  console.log(`${report.kernel} on ${report.host}\n`);
  console.log(table([['figure', 'value', 'at most', ''], ...figures.map(row)]));
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify({ ...report, figures }, null, 2)}\n`);
  return figures.every(holds) ? EXIT.ok : EXIT.red;
}

function tell(text: string): void {
  process.stderr.write(`bpfrig bench: ${text}\n`);
}

function holds({ value, limit }: Figure): boolean {
  return limit === null || value <= limit;
}

function row(figure: Figure): string[] {
  const { name, value, unit, limit } = figure;
  const verdict = limit === null ? '' : holds(figure) ? 'holds' : 'DOES NOT HOLD';
  return [name, `${value} ${unit}`.trim(), limit === null ? '' : `${limit} ${unit}`.trim(), verdict];
}

/** A `bpfrig run` of its own process, as a user has it. */
async function timedRun(
  args: readonly string[],
): Promise<{ results: CellResult[]; durationMs: number; firstVerdictMs: number }> {
  await using workspace = await makeWorkspace();
  const argv = ['run', ...args, '--reporter', 'jsonl', '--out', join(workspace.dir, 'run')];
  const started = performance.now();
  const child = execa(join(PROJECT_ROOT, 'bpfrig'), argv, {
    reject: false,
    stdin: 'ignore',
    stderr: 'ignore',
    env: { BPFRIG_RESULTS: workspace.dir },
  });
  let firstVerdictMs = 0;
  const results: CellResult[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as RunEvent;
    if (event.type !== 'cell-end') continue;
    if (results.length === 0) firstVerdictMs = performance.now() - started;
    results.push(event.result);
  }
  await child;
  return { results, durationMs: performance.now() - started, firstVerdictMs };
}

function overheadOf(phases: CellResult['phases']): number {
  const parts = Object.entries(phases).filter(([phase]) => phase !== 'traffic' && phase !== 'drain');
  return parts.reduce((sum, [, ms]) => sum + ms, 0);
}

function medianPhases(results: readonly CellResult[]): Record<string, number> {
  const names = Object.keys(results[0]?.phases ?? {});
  return Object.fromEntries(
    names.map(name => [name, median(results.map(({ phases }) => phases[name] ?? 0))]),
  );
}

async function rates(
  guests: Guests,
  kernel: Kernel,
  rounds: number,
  cacheDir: string,
): Promise<ObserverCost> {
  const [scenario] = await loadScenarios([RATE], { root: PROJECT_ROOT, vocabulary: VOCABULARY });
  const [bare, counted] = scenario?.variants ?? [];
  if (scenario === undefined || bare === undefined || counted === undefined)
    throw new BpfrigError('harness', `${RATE} has no two variants`);
  const index = await indexPrograms(scenario, cacheDir);
  const cost = noRates();
  for (let round = 0; round < rounds; round += 1) {
    await using one = await makeWorkspace();
    await using two = await makeWorkspace();
    await using bareBed = await guests.start(kernel, bare, { dir: one.dir });
    await using countedBed = await guests.start(kernel, counted, { dir: two.dir });
    await addRates(
      cost,
      { guest: bareBed.dut, variant: bare },
      { guest: countedBed.dut, variant: counted },
      index,
    );
  }
  return cost;
}

async function memoryOf(guests: Guests, kernel: Kernel, cacheDir: string): Promise<BenchReport['memory']> {
  const [scenario] = await loadScenarios([SAMPLE], { root: PROJECT_ROOT, vocabulary: VOCABULARY });
  const variant = scenario?.variants.find(({ topology }) => topology === 'virtio');
  if (scenario === undefined || variant === undefined)
    throw new BpfrigError('harness', `${SAMPLE} has no virtio variant`);
  const index = await indexPrograms(scenario, cacheDir);
  return cloneMemory(guests, kernel, variant, [1, 2, 4, 8], async guest => {
    const ctx = new StepContext(guest, index, variant.topology);
    await runSteps(ctx, variant.setup);
    await runSteps(ctx, variant.traffic);
  });
}
