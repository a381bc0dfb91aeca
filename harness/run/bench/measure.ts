import { join } from 'node:path';
import type { CellResult } from '../../model/cell.ts';
import type { Kernel } from '../../model/kernel.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { BpfrigError } from '../../util/errors.ts';
import { PACKAGE_ROOT } from '../../util/paths.ts';
import { makeWorkspace } from '../../util/workspace.ts';
import type { Guests } from '../guests.ts';
import { indexPrograms } from '../programs.ts';
import { openProject } from '../project.ts';
import type { RequestedKernel } from '../requested-kernel.ts';
import { readScenarios } from '../scenarios.ts';
import type { Session } from '../session.ts';
import { StepContext } from '../steps/context.ts';
import { runSteps } from '../steps/run-steps.ts';
import { bareBootMs, templateBootMs } from './boot.ts';
import { cloneMemory, cloneReadyMs } from './clones.ts';
import { editToVerdictMs } from './edit.ts';
import { loadFiftyMs } from './load.ts';
import { addRates, noRates, type ObserverCost } from './observers.ts';
import { packetRates, type PacketRates } from './packet-rates.ts';
import type { BenchReport } from './report.ts';
import { median, sampleOf } from './sample.ts';
import { timedRun } from './timed-run.ts';
import { objectLoads, WHOLE_OBJECT } from './whole-object.ts';

/** How much to measure. */
export interface BenchAmount {
  /** Clones to time. */
  readonly clones: number;
  /** Rounds of boots and of rates. */
  readonly rounds: number;
  /** Whether cells per minute are those of the default suite; false: those of a sample. */
  readonly suite: boolean;
}

const SHAPE = { topology: 'virtio', guest: { cpus: 4, memoryMiB: 512, queues: 1 } } as const;
const SAMPLE = join(PACKAGE_ROOT, 'scenarios', 'cpumap', 'redirect', 'one-cpu.yaml');
const RATE = join(PACKAGE_ROOT, 'harness', 'run', 'bench', 'pktgen-rate.yaml');
const PACKETS = join(PACKAGE_ROOT, 'harness', 'run', 'bench', 'packets-rate.yaml');

/** Measures everything that a report has, one part after another: what runs at once would slow the other. */
export async function measure(
  requested: RequestedKernel,
  amount: BenchAmount,
  session: Session,
  onProgress: (line: string) => void,
): Promise<BenchReport> {
  const kernel = await session.fetch(requested);
  const guests = session.guests(onProgress);
  onProgress('boots');
  const guestSpec = await guests.bootable(kernel, SHAPE);
  const [bare, template]: [number[], number[]] = [[], []];
  for (let round = 0; round < amount.rounds; round += 1) {
    bare.push(await bareBootMs(guestSpec, session.cacheDir, session.signal));
    template.push(await templateBootMs(guestSpec, session.signal));
    session.signal.throwIfAborted();
  }
  onProgress('clones');
  const ready = await cloneReadyMs(guests, kernel, SHAPE, amount.clones);
  onProgress('cells');
  const words = [SAMPLE, '--kernel', requested.spec.text, '--jobs', '1'];
  const sample = await timedRun(PACKAGE_ROOT, words, session.signal);
  onProgress('rates');
  const cost = await observerCost(guests, kernel, amount.rounds, session.cacheDir);
  const rates = await measurePackets(guests, kernel, session.cacheDir);
  onProgress('memory');
  const memory = await memoryOf(guests, kernel, session.cacheDir);
  onProgress('load');
  const whole = await objectLoads(guests, kernel, await onlyScenario(WHOLE_OBJECT), {
    rounds: amount.rounds,
    cacheDir: session.cacheDir,
  });
  const loadMs = await loadFiftyMs(session.signal);
  onProgress('edits');
  const editMs = await editToVerdictMs(session.signal);
  if (amount.suite) onProgress('the default suite');
  const suite = amount.suite ? await timedRun(PACKAGE_ROOT, [], session.signal) : sample;
  const { cpus, memoryMiB, qemu, accel, accelReason } = session.host;
  return {
    kernel: `${kernel.id} (${kernel.release})`,
    host: `${cpus} cores, ${memoryMiB} MiB, QEMU ${qemu}, ${accel} (${accelReason})`,
    bareBootMs: bare,
    templateBootMs: template,
    cloneReadyMs: sampleOf(ready),
    overheadMs: sampleOf(sample.results.map(({ phases }) => overheadOf(phases))),
    phasesMs: medianPhases(sample.results),
    cellsPerMinute: (60_000 * suite.results.length) / suite.durationMs,
    observerCost: cost,
    packetRates: rates,
    memory,
    firstVerdictMs: sample.firstVerdictMs,
    loadMs,
    objectLoads: whole,
    editMs,
  };
}

/** Everything of a cell except traffic and drain, in milliseconds. */
export function overheadOf(phases: CellResult['phases']): number {
  const parts = Object.entries(phases).filter(([phase]) => phase !== 'traffic' && phase !== 'drain');
  return parts.reduce((sum, [, ms]) => sum + ms, 0);
}

/** The median of each phase, in the order in which a cell has them. A phase that a cell does not have counts as 0 ms. */
export function medianPhases(results: readonly Pick<CellResult, 'phases'>[]): Record<string, number> {
  const names = [...new Set(results.flatMap(({ phases }) => Object.keys(phases)))];
  return Object.fromEntries(
    names.map(name => [name, median(results.map(({ phases }) => phases[name] ?? 0))]),
  );
}

async function observerCost(
  guests: Guests,
  kernel: Kernel,
  rounds: number,
  cacheDir: string,
): Promise<ObserverCost> {
  const scenario = await onlyScenario(RATE);
  const [bare, counted] = scenario.variants;
  if (bare === undefined || counted === undefined)
    throw new BpfrigError('harness', `${RATE} must have two variants`);
  const index = await indexPrograms(scenario, { arch: kernel.arch, cacheDir });
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

async function measurePackets(guests: Guests, kernel: Kernel, cacheDir: string): Promise<PacketRates> {
  const scenario = await onlyScenario(PACKETS);
  const [pktgen, packets] = scenario.variants;
  if (pktgen === undefined || packets === undefined)
    throw new BpfrigError('harness', `${PACKETS} must have two variants`);
  const index = await indexPrograms(scenario, { arch: kernel.arch, cacheDir });
  await using folder = await makeWorkspace();
  await using bed = await guests.start(kernel, pktgen, { dir: folder.dir });
  return await packetRates(bed.dut, { pktgen, packets }, index);
}

async function memoryOf(guests: Guests, kernel: Kernel, cacheDir: string): Promise<BenchReport['memory']> {
  const scenario = await onlyScenario(SAMPLE);
  const variant = scenario.variants.find(({ topology }) => topology === 'virtio');
  if (variant === undefined) throw new BpfrigError('harness', `${SAMPLE} must have a virtio variant`);
  const index = await indexPrograms(scenario, { arch: kernel.arch, cacheDir });
  return await cloneMemory(guests, kernel, variant, [1, 2, 4, 8], async guest => {
    const ctx = new StepContext(guest, index, variant.topology);
    await runSteps(ctx, variant.setup);
    await runSteps(ctx, variant.traffic);
  });
}

async function onlyScenario(path: string): Promise<Scenario> {
  const [scenario] = await readScenarios([path], openProject([PACKAGE_ROOT]));
  if (scenario === undefined) throw new BpfrigError('harness', `${path} holds no scenario`);
  return scenario;
}
