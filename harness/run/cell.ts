import { join } from 'node:path';
import type { Testbed } from '../guest/testbed.ts';
import type { Cell, CellResult, FailedTry, Phases } from '../model/cell.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Captured, Observations, StepResult } from '../model/observations.ts';
import type { Verdict } from '../model/verdict.ts';
import type { FeatureName } from '../kernel/features.ts';
import type { CveEvidence } from '../oracle/cve.ts';
import { decideFeatures } from '../oracle/features.ts';
import { judge, type Judgement, type Stop } from '../oracle/judge.ts';
import { knownPanic } from '../oracle/known.ts';
import { withoutFrames } from '../oracle/subjects/captured.ts';
import { inRange } from '../kernel/ranges.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { GuestFailure } from '../vm/failure.ts';
import { GENERATOR_FOLDER, type GuestSource } from './guests.ts';
import { neededFeatures, statedFeatures } from './implied-features.ts';
import type { MeasuredCode } from './kernel-code/measured-code.ts';
import { readCounters, type CellCounters } from './kernel-code/read-counters.ts';
import { captureFiles } from './keep-captures.ts';
import { leaksOf, type Leaks } from './leaks-of.ts';
import { observeCell } from './observe-cell.ts';
import { PhaseClock } from './phases.ts';
import { cellLimitMs } from './cell-limit.ts';
import { Watchdog } from './watchdog.ts';
import type { PlannedCell } from './plan.ts';
import { planReadings } from './readings/plan.ts';
import { repeatCommand } from './repeat-command.ts';
import type { RunFolder } from './results.ts';
import { cveOfCell } from './cve-of-cell.ts';
import { buildOf, factsOf, type KnownBefore } from './known-before.ts';
import { compileVariant } from './set-up.ts';
import { splatsOf } from './splats-of.ts';
import { StepFailure } from './steps/context.ts';
import { HoldLapsed } from './steps/hold.ts';
import { tooManyCpus, unfitReason } from './unfit.ts';
import { makeWorkspace } from '../util/workspace.ts';

/** What cells of one run share. */
export interface CellEnvironment extends KnownBefore {
  readonly cacheDir: string;
  readonly folder: RunFolder;
  readonly guests: GuestSource;
  /** How often a cell that the host spoiled is tried again. */
  readonly retries: number;
  /** Stretches the time limit of a cell; see `timeScale`. */
  readonly timeScale: number;
  /** Aborted when the run must end now. */
  readonly signal: AbortSignal;
  /** Receives the guests of each cell that has a verdict while they live, before they end (`--keep`); null: they just end. */
  readonly keep: KeepGuests | null;
  /** Options with which a repeated cell runs its guests as this run does. */
  readonly repeatWords: readonly string[];
}

/** What is done with the guests of a cell that is judged; they end when it resolves. */
export type KeepGuests = (
  cell: Cell,
  bed: Testbed,
  outcome: Pick<CellResult, 'verdict' | 'reason'>,
) => Promise<void>;

/** The outcome of one try at a cell. */
type Outcome = Pick<
  CellResult,
  'verdict' | 'reason' | 'expectations' | 'ledger' | 'counters' | 'consoleTail' | 'detail' | 'artifacts'
>;

interface Try {
  readonly outcome: Outcome;
  /** First lines of the kernel's splats, and results of steps, of a guest that ran to the end. */
  readonly seen?: Pick<CveEvidence, 'splats' | 'steps'>;
  readonly phases: Phases;
  /** What its guest counted of the kernel's own code; absent: nothing was read. */
  readonly counters?: CellCounters | null;
}

/**
 * Runs one cell to a verdict, in time. A try that the host spoiled is made again in a new guest. `code` receives what the last try executed
 * of the kernel's measured sources. Rejects when the run was aborted, and when the cell's artifacts cannot be written.
 */
export async function runCell(
  planned: PlannedCell,
  kernel: Kernel,
  env: CellEnvironment,
  code: MeasuredCode | null = null,
): Promise<CellResult> {
  const started = performance.now();
  const dir = env.folder.cellDir(planned.cell.id);
  const earlierTries: FailedTry[] = [];
  let last = await tryInTime(planned, kernel, env, dir, '');
  while (last.outcome.verdict === 'infra' && earlierTries.length < env.retries && !env.signal.aborted) {
    earlierTries.push({ verdict: 'infra', reason: last.outcome.reason });
    last = await tryInTime(planned, kernel, env, dir, `.${earlierTries.length + 1}`);
  }
  env.signal.throwIfAborted();
  const result: CellResult = {
    cell: planned.cell,
    ...last.outcome,
    phases: last.phases,
    durationMs: Math.round(performance.now() - started),
    earlierTries,
    repeat: repeatCommand(planned, kernel.spec, env.repeatWords),
    dir,
    ...cveOfCell(planned.variant.cve, kernel, env, { ...last.outcome, ...last.seen }),
  };
  env.folder.keepResult(result);
  const { verdict } = result;
  if (verdict !== 'skip') await code?.add(last.counters ?? { missing: verdict });
  return result;
}

/** What a try is doing, for the message of one that does not end. */
interface Progress {
  readonly clock: PhaseClock;
  readonly watchdog: Watchdog;
  bed: Testbed | null;
}

/** One try that ends with a verdict when its time is up, whatever it waits for. */
async function tryInTime(
  planned: PlannedCell,
  kernel: Kernel,
  env: CellEnvironment,
  dir: string,
  suffix: string,
): Promise<Try> {
  const clock = new PhaseClock('clone');
  const watchdog = new Watchdog(cellLimitMs(planned.variant, env.timeScale * (kernel.cost?.time ?? 1)));
  const progress: Progress = { clock, watchdog, bed: null };
  return await watchdog.watch(
    () => tryCell(planned, kernel, env, progress, { dir, suffix }),
    ms => ({ outcome: outOfTime(ms, progress), phases: clock.stop() }),
  );
}

function outOfTime(ms: number, { clock, bed }: Progress): Outcome {
  const open = bed?.guests.flatMap(guest => guest.open) ?? [];
  const what = open.length === 0 ? 'no request to the agent was open' : `waiting for ${open.join(', ')}`;
  const reason = `bpfrig itself: no verdict after ${Math.round(ms / 1000)} s, in phase ${clock.current}; ${what}`;
  return { ...plain('error', reason), consoleTail: bed?.consoleTail ?? [] };
}

async function tryCell(
  planned: PlannedCell,
  kernel: Kernel,
  env: CellEnvironment,
  progress: Progress,
  { dir, suffix }: { readonly dir: string; readonly suffix: string },
): Promise<Try> {
  const { clock, watchdog } = progress;
  const early = skipWithoutGuest(planned, kernel, env);
  if (early !== null) return { outcome: early, phases: {} };
  let observations: Observations | null = null;
  const captures: Record<string, Captured> = {};
  await using workspace = await makeWorkspace();
  const consoles = {
    console: join(workspace.dir, 'console.log'),
    'console-generator': join(workspace.dir, GENERATOR_FOLDER, 'console.log'),
  };
  try {
    const index = await compileVariant(planned.variant, { arch: kernel.arch, cacheDir: env.cacheDir });
    const features = neededFeatures(planned.variant, index);
    const without = skipByFeatures(features, kernel, env);
    if (without !== null) return { outcome: without, phases: clock.stop() };
    const readings = planReadings(planned.variant, index);
    const onEnd = (): void => clock.next('connect');
    const signal = AbortSignal.any([env.signal, watchdog.signal]);
    await using bed = await env.guests.start(kernel, planned.variant, { dir: workspace.dir, signal, onEnd });
    progress.bed = bed;
    clock.next('setup');
    env.probes.set(kernel.id, bed.dut.ready.probes);
    const skip = skipByCpus(planned, bed) ?? skipByFeatures(features, kernel, env);
    if (skip !== null) return { outcome: skip, phases: clock.stop() };
    const uncounted = bed.guests.find(guest => guest.ready.uncounted !== null)?.ready.uncounted ?? null;
    if (uncounted !== null) return { outcome: plain('error', uncounted), phases: clock.stop() };
    const results: Record<string, StepResult> = {};
    let stop: EarlyStop | null = null;
    const artifacts = env.folder.artifacts(dir, suffix);
    try {
      const prepared = { kernel, variant: planned.variant, index };
      const observed = observeCell(bed, prepared, readings, clock, {
        results,
        artifacts,
        captures,
      });
      observations = await bed.whileAlive(observed);
    } catch (error) {
      stop = earlyStop(error, results);
    }
    const leaks = await bed.whileAlive(leaksOf(bed, artifacts));
    const splats = [...(await splatsOf(bed, observations?.log ?? [])), ...leaks.splats];
    const outcome = {
      ...judged(planned, kernel, { observations, stop, splats, leaks }),
      ...listed(captureFiles(captures, suffix)),
    };
    clock.next('teardown');
    const { measured } = kernel;
    const counters = measured === undefined ? null : await readCounters(bed.dut, measured);
    const { keep } = env;
    if (keep !== null) await watchdog.hold(() => keep(planned.cell, bed, outcome));
    const tail = splats.length > 0 ? bed.consoleTail : [];
    return {
      outcome: { ...outcome, consoleTail: tail },
      seen: { splats, steps: results },
      phases: clock.stop(),
      counters,
    };
  } catch (error) {
    return { outcome: troubleOutcome(error, planned, kernel), phases: clock.stop() };
  } finally {
    await env.folder.keepTry(dir, suffix, { consoles, observations, captures });
  }
}

/** A cell whose scenario asks for no files has no list of them. */
function listed(artifacts: readonly string[]): Pick<CellResult, 'artifacts'> {
  return artifacts.length === 0 ? {} : { artifacts };
}

/** What a cell's verdict is made from, besides what was planned. */
interface Seen {
  readonly observations: Observations | null;
  readonly stop: EarlyStop | null;
  /** Those of `leaks` too. */
  readonly splats: readonly string[];
  readonly leaks: Leaks;
}

function judged(planned: PlannedCell, kernel: Kernel, { observations, stop, splats, leaks }: Seen): Outcome {
  const spentDetectors = [...(observations?.spentDetectors ?? []), ...leaks.off];
  const judgement: Judgement = judge({
    variant: planned.variant,
    kernel,
    observations: observations === null ? null : { ...observations, spentDetectors },
    splats,
    stop,
  });
  const hints = judgement.verdict === 'fail' ? (observations?.hints ?? []) : [];
  const detail = [stop?.detail ?? judgement.detail ?? [], ...hints, ...leaks.detail].flat().join('\n');
  const counters = withoutFrames(judgement.counters);
  return { ...judgement, counters, consoleTail: [], detail: detail === '' ? null : detail };
}

/** A stop with the long text of its error: a verifier log. */
type EarlyStop = Stop & { readonly detail: string | null };

/** What an exception says about the steps; rethrows what comes from a guest's end or the host. */
function earlyStop(error: unknown, results: Stop['results']): EarlyStop {
  if (error instanceof StepFailure)
    return { kind: 'contradicted', message: error.message, results, detail: error.detail };
  if (!(error instanceof BpfrigError) || error instanceof GuestFailure || error.code === 'infra') throw error;
  if (error instanceof HoldLapsed)
    return { kind: 'voided', message: error.message, results, detail: error.detail };
  return { kind: 'stumbled', message: error.message, results, detail: error.detail };
}

/** The outcome of a cell that needs no guest on this kernel, with its reason; null where only a guest can show it. */
export function outcomeWithoutGuest(
  planned: PlannedCell,
  kernel: Kernel,
  known: KnownBefore,
): Pick<CellResult, 'verdict' | 'reason'> | null {
  return skipWithoutGuest(planned, kernel, known);
}

function skipWithoutGuest(planned: PlannedCell, kernel: Kernel, env: KnownBefore): Outcome | null {
  const { kernels } = planned.scenario;
  if (kernels !== null && !inRange(kernel.version, kernels.range))
    return plain('skip', `only on kernels ${kernels.range}: ${kernels.because}`);
  const unfit = unfitReason(planned.variant, kernel, buildOf(kernel, env));
  if (unfit !== null) return plain('skip', unfit);
  return skipByFeatures(statedFeatures(planned.variant), kernel, env);
}

/** A kernel whose configuration is not known says only in a guest for how many CPUs it is built. */
function skipByCpus({ variant: { guest } }: PlannedCell, bed: Testbed): Outcome | null {
  const most = bed.dut.hello.kernel_max + 1;
  return most < guest.cpus ? plain('skip', tooManyCpus(guest.cpus, most)) : null;
}

function skipByFeatures(features: readonly FeatureName[], kernel: Kernel, env: KnownBefore): Outcome | null {
  const decision = decideFeatures(features, kernel, factsOf(kernel, env));
  return decision.action === 'run' ? null : plain(decision.action, decision.reason);
}

/** The outcome of an exception: the guest's end, the kernel's refusal, or a fault of the scenario, the host or bpfrig. */
function troubleOutcome(error: unknown, { variant }: PlannedCell, { version }: Kernel): Outcome {
  if (error instanceof GuestFailure) {
    const { kind, message, consoleTail } = error;
    const known = kind === 'panic' ? knownPanic(variant.known, version, consoleTail) : null;
    const outcome = known === null ? plain(kind, message) : plain('known', known.reason);
    return { ...outcome, consoleTail, detail: error.detail };
  }
  if (error instanceof BpfrigError) {
    const verdict = error.code === 'topology' ? 'fail' : error.code === 'infra' ? 'infra' : 'error';
    return { ...plain(verdict, error.message), detail: error.detail };
  }
  if (isSystemError(error))
    return { ...plain('infra', `the host: ${error.message}`), detail: error.stack ?? null };
  return {
    ...plain('error', `bpfrig itself: ${messageOf(error)}`),
    detail: error instanceof Error ? (error.stack ?? null) : null,
  };
}

/** Whether a call of the host's system failed: no space, no descriptor, no memory, a file that somebody removed. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'errno' in error;
}

function plain(verdict: Verdict, reason: string): Outcome {
  return { verdict, reason, expectations: [], ledger: null, counters: {}, consoleTail: [], detail: null };
}
