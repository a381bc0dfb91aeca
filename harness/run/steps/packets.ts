import { readFile } from 'node:fs/promises';
import { buildList, type FrameItem } from '../../packet/frame-list.ts';
import { readWholeFrames } from '../../packet/pcap.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import { announce } from './announce.ts';
import type { StepContext, StepValues } from './context.ts';
import { source } from './traffic.ts';

/** Frames that the scenario describes, its list of them `count` times. */
export async function packets(ctx: StepContext, args: StepArgs<'packets'>): Promise<StepValues> {
  const { on, frames: items, count, flows, gap_us: gapUs, cpu } = args;
  const files = await readFiles(items);
  const fileFrames = (path: string): readonly Buffer[] => files.get(path) ?? [];
  const distinct = buildList(items, { on, flows: Math.min(flows, count), fileFrames });
  const once = distinct.length / Math.min(flows, count);
  await announceFrames(ctx, on, distinct, { once, count });
  const total = once * count;
  const frames = distinct.map(frame => frame.toString('hex'));
  const request = { dev: on, frames, count: total, gap_us: gapUs, cpu };
  return source(ctx, 'packets', 'send_frames', request, ((gapUs ?? 0) * total) / 1000);
}

/** Tells the classifier of the frames. The first flows are sent once more where the flows do not divide the times. */
async function announceFrames(
  ctx: StepContext,
  on: 'tx' | 'rx',
  frames: readonly Buffer[],
  { once, count }: { readonly once: number; readonly count: number },
): Promise<void> {
  const flows = frames.length / once;
  const [times, more] = [Math.floor(count / flows), count % flows];
  await announce(ctx, { source: 'packets', on, frames, times });
  if (more > 0)
    await announce(ctx, { source: 'packets', on, frames: frames.slice(0, more * once), times: 1 });
}

/** The frames of each file that items name. */
async function readFiles(items: readonly FrameItem[]): Promise<Map<string, Buffer[]>> {
  const paths = new Set(items.flatMap(({ pcap }) => pcap ?? []));
  const read = async (path: string) => [path, readWholeFrames(await readFile(path), path)] as const;
  return new Map(await Promise.all([...paths].map(read)));
}
