import { setTimeout as sleep } from 'node:timers/promises';
import { findFunctions, onlyFunction, type FoundFunctions } from '../../guest/kernel-function.ts';
import { heldName, heldWithin } from '../../scenario/hold-steps.ts';
import { linePrefix, NO_PLACE } from '../../scenario/places.ts';
import type { StepOutcomes } from '../../scenario/step-results.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import { BpfrigError, messageOf } from '../../util/errors.ts';
import { hostPressure } from '../../util/host-pressure.ts';
import { receivingCpu } from '../../vm/devices.ts';
import type { HoldPlace } from '../../vm/hold-stage.ts';
import { CellHold, type HoldProblem } from './cell-hold.ts';
import { StepFailure, type StepContext } from './context.ts';

type HoldArgs = StepArgs<'hold'>;

/**
 * A CPU went on by the limit of its hold, because a step waited for that CPU or the host was slow: what happened after that says nothing about the
 * kernel.
 */
export class HoldLapsed extends BpfrigError {
  constructor(message: string) {
    super('scenario', message);
  }
}

/**
 * Holds a CPU as soon as it comes to a place in the kernel. Throws `scenario` for a place that the kernel does not have, or a CPU without
 * which the guest does not answer, `infra` where QEMU's stub fails.
 */
export async function hold(ctx: StepContext, args: HoldArgs): Promise<StepOutcomes['hold']> {
  const { name, at, cpu, called_from: caller, limit } = args;
  const { guest } = ctx;
  if (guest.holdPoints === undefined) throw mistake(ctx, 'the guest has no gdb stub');
  if (cpu === agentsCpu(ctx))
    throw mistake(
      ctx,
      `CPU ${cpu} takes the interrupts of the agent's port in topology \`${ctx.topology}\`: the guest would not answer while it is held; take another CPU`,
    );
  // One of the same name in a `repeat`.
  await settle(ctx, name);
  const place = await placeOf(ctx, args);
  const points = await guest.holdPoints();
  const text = `CPU ${cpu} at ${at}${caller === undefined ? '' : ` called from ${caller}`}`;
  try {
    ctx.holds.set(name, await CellHold.arm(points, place, { text, limitMs: limit }));
  } catch (error) {
    if (error instanceof BpfrigError && error.code === 'scenario') throw mistake(ctx, error.message);
    throw error;
  }
  return {};
}

/** Where the agent's port interrupts the guest: there the traffic's NICs do, too. */
function agentsCpu({ topology, guest }: StepContext): number {
  const ends = topology === 'link' ? (['rx'] as const) : (['tx', 'rx'] as const);
  return receivingCpu({ topology, ends, cpus: guest.hello.cpus_online.length });
}

/** Waits until the CPU of a hold is there. Throws `StepFailure` where it does not come. */
export async function held(ctx: StepContext, args: StepArgs<'held'>): Promise<StepOutcomes['held']> {
  const problem = await cellHold(ctx, heldName(args)).wait(heldWithin(args));
  if (problem !== null) throw new StepFailure(problem.text, null);
  return {};
}

/** Undoes `stall`, or lets the CPU of a hold go on. Throws `StepFailure` for a place that was never reached, `HoldLapsed` for a CPU that went on by itself. */
export async function release(ctx: StepContext, args: StepArgs<'release'>): Promise<StepOutcomes['release']> {
  if ('cpu' in args) {
    await ctx.guest.call('hog', { cpu: args.cpu, on: false });
    return {};
  }
  cellHold(ctx, args.hold);
  await settle(ctx, args.hold);
  return {};
}

/**
 * Ends all holds of a stage: lets CPUs go on, does what is to be done then, and gives up the places that were not reached. Throws `StepFailure`
 * for these, `HoldLapsed` where a CPU went on by itself.
 */
export async function settleHolds(ctx: StepContext, afterwards: () => Promise<void>): Promise<void> {
  for (const one of ctx.holds.values()) await one.letGo();
  await afterwards();
  const problems: HoldProblem[] = [];
  // Each is taken out of the map meanwhile, which its iterator allows.
  for (const name of ctx.holds.keys()) {
    const problem = await endOf(ctx, name);
    if (problem !== null) problems.push({ ...problem, text: `hold: ${problem.text}` });
  }
  if (problems.length === 0) return;
  const text = problems.map(problem => problem.text).join('; ');
  // A place that was not reached may be the consequence of a CPU that went on too early.
  throw problems.some(({ kind }) => kind === 'lapsed') ? new HoldLapsed(text) : new StepFailure(text, null);
}

/** Ends all holds of a cell that has failed, whatever they were. */
export async function abandonHolds(holds: ReadonlyMap<string, CellHold>): Promise<void> {
  for (const one of holds.values()) await one.end().catch(() => undefined);
}

/** Why steps ended: a step that did not reach what it says after a CPU went on by itself is no evidence against the kernel. */
export function withLapses(error: unknown, holds: ReadonlyMap<string, CellHold>): unknown {
  if (!(error instanceof StepFailure)) return error;
  const lapses = [...holds.values()].flatMap(({ lapse }) => (lapse === null ? [] : [`hold: ${lapse.text}`]));
  return lapses.length === 0 ? error : new HoldLapsed([...lapses, error.message].join('; '));
}

async function settle(ctx: StepContext, name: string): Promise<void> {
  const problem = await endOf(ctx, name);
  if (problem === null) return;
  throw problem.kind === 'lapsed'
    ? new HoldLapsed(`${nameOf(ctx)}: ${problem.text}`)
    : new StepFailure(problem.text, null);
}

/** What was wrong with a hold, which is over then; null also where there is none. */
async function endOf(ctx: StepContext, name: string): Promise<HoldProblem | null> {
  const one = ctx.holds.get(name);
  ctx.holds.delete(name);
  return one === undefined ? null : await one.end();
}

function cellHold(ctx: StepContext, name: string): CellHold {
  const found = ctx.holds.get(name);
  if (found !== undefined) return found;
  throw mistake(ctx, `no \`hold\` with \`name: ${name}\` is armed`);
}

async function placeOf(ctx: StepContext, args: HoldArgs): Promise<HoldPlace> {
  const { at, cpu, called_from: caller, return: afterReturn = false, hit } = args;
  const [name = '', offset = '0x0'] = at.split('+');
  const found = await findFunctions(ctx.guest, caller === undefined ? [name] : [name, caller]);
  return {
    cpu,
    at: address(functionOf(ctx, 'at', name, found).start) + BigInt(offset),
    caller: caller === undefined ? null : callerOf(ctx, caller, found),
    afterReturn,
    hit,
  };
}

function callerOf(ctx: StepContext, name: string, found: FoundFunctions): HoldPlace['caller'] {
  const { start, end } = functionOf(ctx, 'called_from', name, found);
  if (end !== null) return { start: address(start), end: address(end) };
  throw mistake(ctx, `called_from: where \`${name}\` ends is unknown, as no code follows it`);
}

function functionOf(ctx: StepContext, key: 'at' | 'called_from', name: string, found: FoundFunctions) {
  try {
    return onlyFunction(found, name, 'name another one that is on the same way');
  } catch (error) {
    throw mistake(ctx, `${key}: ${messageOf(error)}`);
  }
}

function address(hex: string): bigint {
  return BigInt(`0x${hex}`);
}

/** The scheduler's debug file: since 5.13, and before. */
const SCHED_DEBUG = ['/sys/kernel/debug/sched/debug', '/proc/sched_debug'] as const;

/** Pause between two looks. */
const LOOK_MS = 20;

/**
 * Waits until a real-time task of a priority runs or waits on a CPU, whether or not that goes on. Throws `StepFailure` where none comes, `scenario`
 * for a kernel that does not show its tasks.
 */
export async function runnable(
  ctx: StepContext,
  { cpu, priority, within }: StepArgs<'runnable'>,
): Promise<StepOutcomes['runnable']> {
  const deadline = performance.now() + within * hostPressure();
  for (;;) {
    if (hasRunnable(await schedDebug(ctx), cpu, priority)) return {};
    if (performance.now() > deadline)
      throw new StepFailure(`CPU ${cpu} has no task of priority ${priority} after ${within} ms`, null);
    await sleep(LOOK_MS);
  }
}

/** Highest priority of a real-time task: the kernel's number of a priority is this minus the user's (MAX_RT_PRIO - 1). */
const HIGHEST = 99;

/**
 * Whether the scheduler's debug file has a runnable task of a real-time priority on a CPU. A row of kernel/sched/debug.c, print_task(): state, name, PID, numbers with a
 * point, then the whole numbers of its switches and of its priority.
 */
export function hasRunnable(text: string, cpu: number, priority: number): boolean {
  const section = new RegExp(`^cpu#${cpu}\\b[^]*?(?=^cpu#|$(?![^]))`, 'm').exec(text)?.[0] ?? '';
  return Array.from(section.matchAll(/^[ >]R +\S+ +\d+ .*? \d+ +(\d+) /gm)).some(
    ([, number]) => Number(number) === HIGHEST - priority,
  );
}

async function schedDebug(ctx: StepContext): Promise<string> {
  for (const path of SCHED_DEBUG) {
    const answer = await ctx.guest.call('read_file', { path }).catch(() => null);
    if (answer !== null) return answer.data;
  }
  throw mistake(ctx, `the kernel has no ${SCHED_DEBUG[0]}: it needs CONFIG_SCHED_DEBUG`);
}

function mistake(ctx: StepContext, text: string): BpfrigError {
  return new BpfrigError('scenario', `${nameOf(ctx)}: ${text}`);
}

/** The step that is done, with its line. */
function nameOf({ step }: StepContext): string {
  return `${linePrefix(step?.place ?? NO_PLACE)}${step?.kind ?? 'hold'}`;
}
