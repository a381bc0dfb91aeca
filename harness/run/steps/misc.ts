import { setTimeout as sleep } from 'node:timers/promises';
import type { OpAnswer } from '../../guest/protocol.ts';
import type { StepOutcomes } from '../../scenario/step-results.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import { StepFailure, type StepContext } from './context.ts';
import { kernelMs } from './traffic.ts';

/** Waits `for` milliseconds. */
export async function wait(_ctx: StepContext, args: StepArgs<'wait'>): Promise<StepOutcomes['wait']> {
  await sleep(args.for);
  return {};
}

/** Waits until `count` packets have been offered to cpumaps. */
export async function enqueued(
  ctx: StepContext,
  args: StepArgs<'enqueued'>,
): Promise<StepOutcomes['enqueued']> {
  // In native mode an event is a batch, whose frames count whether or not the ring refused some; in generic mode it is one packet, which
  // counts as processed if the ring took it.
  const offered = (row: CountRow): number => Math.max(Number(row['processed']), Number(row['events']));
  await countedUntil(ctx, { ...args, table: 'enqueue', done: 'offered to cpumaps' }, offered);
  return {};
}

/** Waits until kthreads have taken `count` packets out of rings, and sleep. An event of a kthread comes before its packets are delivered. */
export async function dequeued(
  ctx: StepContext,
  { count, within }: StepArgs<'dequeued'>,
): Promise<StepOutcomes['dequeued']> {
  const wanted = count ?? ctx.sources.reduce((sum, { sent }) => sum + sent, 0);
  const deadline = performance.now() + kernelMs(ctx, within);
  const by = { count: wanted, within, table: 'kthread', done: 'taken out of rings' };
  await countedUntil(ctx, by, row => Number(row['processed']));
  for (;;) {
    const { rows } = await ctx.guest.call('kthreads', { prefix: 'cpumap/' });
    const awake = rows.filter(({ state }) => state !== ASLEEP);
    if (awake.length === 0) return {};
    if (performance.now() > deadline)
      throw new StepFailure(
        `${awake.map(({ comm }) => comm).join(', ')} does not sleep after ${within} ms`,
        null,
      );
    await sleep(LOOK_MS);
  }
}

/** State of a task that waits for something to happen: proc_pid_stat(5). */
export const ASLEEP = 'S';

/** Pause between two looks at counters or threads. */
const LOOK_MS = 5;

type CountRow = OpAnswer<'observers_read'>['tables'][string][number];

async function countedUntil(
  ctx: StepContext,
  { table, count, within, done }: { table: string; count: number; within: number; done: string },
  packets: (row: CountRow) => number,
): Promise<void> {
  const deadline = performance.now() + kernelMs(ctx, within);
  for (;;) {
    const { tables } = await ctx.guest.call('observers_read', {});
    const seen = (tables[table] ?? []).reduce((sum, row) => sum + packets(row), 0);
    if (seen >= count) return;
    if (performance.now() > deadline)
      throw new StepFailure(`${seen} of ${count} packets after ${within} ms are ${done}`, null);
    await sleep(LOOK_MS);
  }
}

/** Writes a file in the guest, one write(2). */
export async function write(ctx: StepContext, args: StepArgs<'write'>): Promise<StepOutcomes['write']> {
  await ctx.guest.call('write_file', { path: args.path, data: String(args.value) });
  return {};
}

/** Reads a file in the guest: `text`, without its last newline. */
export async function read(ctx: StepContext, args: StepArgs<'read'>): Promise<StepOutcomes['read']> {
  const { data } = await ctx.guest.call('read_file', { path: args.path });
  return { text: data.trimEnd() };
}

/** Lets no ordinary task run on a CPU, a cpumap's kthread for one, until `release`. */
export async function stall(ctx: StepContext, args: StepArgs<'stall'>): Promise<StepOutcomes['stall']> {
  await ctx.guest.call('hog', { cpu: args.cpu, on: true });
  return {};
}

/** Takes a CPU offline, or back. */
export async function cpu(ctx: StepContext, args: StepArgs<'cpu'>): Promise<StepOutcomes['cpu']> {
  const path = `/sys/devices/system/cpu/cpu${args.cpu}/online`;
  await ctx.guest.call('write_file', { path, data: args.online ? '1' : '0' });
  return {};
}

/** Bytes that the agent may lock: before 5.11 they limit the maps that it makes. */
export async function rlimit(ctx: StepContext, args: StepArgs<'rlimit'>): Promise<StepOutcomes['rlimit']> {
  await ctx.guest.call('rlimit', { memlock: args.memlock });
  return {};
}
