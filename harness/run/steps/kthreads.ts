import { setTimeout as sleep } from 'node:timers/promises';
import type { StepOutcomes } from '../../scenario/step-results.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import type { OpRow } from '../../guest/protocol.ts';
import { StepFailure, type StepContext } from './context.ts';
import { loadProgram } from './load-program.ts';
import { mapOf } from './find-map.ts';
import { ASLEEP } from './misc.ts';
import { kernelMs } from './traffic.ts';

/** Pause between two looks at what a workqueue does in its own time. */
const LOOK_MS = 10;

type KthreadInfo = OpRow<'kthreads'>;

function isAsleep({ state }: KthreadInfo): boolean {
  return state === ASLEEP;
}

/** The map's kernel threads: `count`, `names`, and by entry `cpu` with pid, name, CPUs, state and policy. */
export async function kthreads(
  ctx: StepContext,
  args: StepArgs<'kthreads'>,
): Promise<StepOutcomes['kthreads']> {
  const { count, asleep, within } = args;
  const { id } = await mapOf(ctx, args.map);
  let own = await kthreadsOf(ctx, id);
  const reached = await until(kernelMs(ctx, within), async () => {
    own = await kthreadsOf(ctx, id);
    return (count === undefined || own.length === count) && (asleep !== true || own.every(isAsleep));
  });
  if (asleep === true && !reached) {
    const threads = own.map(({ comm, state }) => `${comm} is ${state}`).join(', ') || 'there is none';
    throw new StepFailure(`the threads do not sleep after ${within} ms: ${threads}`, null);
  }
  const byCpu = own.map(row => [entryOf(row.comm), { ...row }] as const);
  return { count: own.length, names: own.map(row => row.comm), cpu: Object.fromEntries(byCpu) };
}

/** Whether the kernel has freed a map, a program or a map's threads: `gone`. */
export async function gone(ctx: StepContext, args: StepArgs<'gone'>): Promise<StepOutcomes['gone']> {
  const isGone = await goneCheck(ctx, args);
  return { gone: await until(kernelMs(ctx, args.within), isGone) };
}

async function goneCheck(ctx: StepContext, args: StepArgs<'gone'>): Promise<() => Promise<boolean>> {
  if ('kthreads' in args) {
    const { id } = await mapOf(ctx, args.kthreads);
    return async () => (await kthreadsOf(ctx, id)).length === 0;
  }
  const object =
    'map' in args
      ? ({ kind: 'map', object: (await mapOf(ctx, args.map)).id } as const)
      : ({ kind: 'prog', object: (await loadProgram(ctx, args)).id } as const);
  return async () => !(await ctx.guest.call('id_exists', object)).exists;
}

/** Moves the thread of a map's entry to other CPUs or another policy. */
export async function sched(ctx: StepContext, args: StepArgs<'sched'>): Promise<StepOutcomes['sched']> {
  const { map, key, ...wanted } = args;
  const own = await kthreadsOf(ctx, (await mapOf(ctx, map)).id);
  const thread = own.find(row => entryOf(row.comm) === String(Number(key)));
  if (thread === undefined) {
    const names = own.map(({ comm }) => comm).join(', ') || 'none';
    throw new StepFailure(
      `entry ${Number(key)} of map \`${map}\` has no kernel thread (its threads: ${names})`,
      null,
    );
  }
  await ctx.guest.call('sched', { pid: thread.pid, ...wanted });
  return { pid: thread.pid };
}

async function kthreadsOf(ctx: StepContext, mapId: number): Promise<KthreadInfo[]> {
  const { rows } = await ctx.guest.call('kthreads', { prefix: 'cpumap/' });
  return rows.filter(({ comm }) => belongsTo(comm, mapId));
}

/** 5.10 cuts a thread's name to 15 bytes: what is left of the map's id must be the start of it. */
function belongsTo(comm: string, mapId: number): boolean {
  return comm === `cpumap/${entryOf(comm)}/map:${mapId}`.slice(0, Math.max(comm.length, 15));
}

function entryOf(comm: string): string {
  return /^cpumap\/(\d+)/.exec(comm)?.[1] ?? comm;
}

/** Looks until it is so or the time is up. Returns whether it was so in the end. */
async function until(withinMs: number, isSo: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    if (await isSo()) return true;
    if (performance.now() >= deadline) return false;
    await sleep(LOOK_MS);
  }
}
