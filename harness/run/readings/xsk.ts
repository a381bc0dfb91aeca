import type { Observations, XskFrames, XskReading } from '../../model/observations.ts';
import { compareReceived } from '../../oracle/received.ts';
import type { StepContext } from '../steps/context.ts';

/** AF_XDP sockets count from now on. */
export async function startXsks(ctx: StepContext): Promise<void> {
  for (const name of ctx.xsks.keys()) await ctx.guest.call('xsk_start', { name });
}

/** What the cell's AF_XDP sockets counted since {@link startXsks}, and whether the frames that they received are those that were sent. */
export async function readXsks(ctx: StepContext): Promise<Pick<Observations, 'xsks' | 'xskFrames'>> {
  if (ctx.xsks.size === 0) return {};
  const xsks: Record<string, XskReading> = {};
  const frames: Buffer[] = [];
  let lost = 0;
  for (const name of ctx.xsks.keys()) {
    const { kept, ...counts } = await ctx.guest.call('xsk_read', { name });
    xsks[name] = counts;
    lost += counts.received - kept;
    frames.push(...(await framesOf(ctx, name)));
  }
  return { xsks, xskFrames: compared(ctx, frames, lost) };
}

function compared(ctx: StepContext, frames: readonly Buffer[], lost: number): XskFrames | string {
  const { opaque, sources, described } = ctx.announced;
  if (opaque !== null) return opaque;
  if (lost > 0) return `there was no room for the bytes of ${lost} frames`;
  return compareReceived(frames, { sources, described }, ctx.byteOrder);
}

async function framesOf({ guest }: StepContext, name: string): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for (let at = 0; ;) {
    const { frames, next, more } = await guest.call('xsk_frames', { name, at });
    all.push(...frames.map(hex => Buffer.from(hex, 'hex')));
    if (!more) return all;
    at = next;
  }
}
