import { setTimeout as sleep } from 'node:timers/promises';
import type { StepOutcomes } from '../../scenario/step-results.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import { StepFailure, type StepContext } from './context.ts';

/** Waits `for` milliseconds. */
export async function wait(_ctx: StepContext, args: StepArgs<'wait'>): Promise<StepOutcomes['wait']> {
  await sleep(args.for);
  return {};
}

/** Waits until `count` packets have been enqueued to cpumaps. */
export async function enqueued(
  ctx: StepContext,
  args: StepArgs<'enqueued'>,
): Promise<StepOutcomes['enqueued']> {
  const deadline = performance.now() + args.within;
  for (;;) {
    const { tables } = await ctx.guest.call('observers_read', {});
    const count = (tables['enqueue'] ?? []).reduce((sum, row) => sum + Number(row['processed']), 0);
    if (count >= args.count) return {};
    if (performance.now() > deadline)
      throw new StepFailure(`${count} of ${args.count} packets after ${args.within} ms are enqueued`, null);
    await sleep(5);
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

/** Undoes `stall`. */
export async function release(ctx: StepContext, args: StepArgs<'release'>): Promise<StepOutcomes['release']> {
  await ctx.guest.call('hog', { cpu: args.cpu, on: false });
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
