import { setTimeout as sleep } from 'node:timers/promises';
import type { StepArgs } from '../../scenario/step-schema.ts';
import type { StepContext, StepValues } from './context.ts';

/** Waits so many milliseconds. */
export async function wait(_ctx: StepContext, args: StepArgs<'wait'>): Promise<StepValues> {
  await sleep(args.for);
  return {};
}

/** Runs a command in the guest: `status`, `stdout`, `stderr`. */
export async function exec(ctx: StepContext, args: StepArgs<'exec'>): Promise<StepValues> {
  const request = { op: 'exec', argv: args.argv };
  return ctx.guest.call<{ status: number; stdout: string; stderr: string }>(request);
}

/** Writes a file in the guest, one write(2). */
export async function write(ctx: StepContext, args: StepArgs<'write'>): Promise<StepValues> {
  await ctx.guest.call({ op: 'write_file', path: args.path, data: String(args.value) });
  return {};
}

/** Reads a file in the guest: `text`, without its last newline. */
export async function read(ctx: StepContext, args: StepArgs<'read'>): Promise<StepValues> {
  const { data } = await ctx.guest.call<{ data: string }>({ op: 'read_file', path: args.path });
  return { text: data.trimEnd() };
}
