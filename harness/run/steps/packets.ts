import { readFile } from 'node:fs/promises';
import { AgentError } from '../../guest/agent-error.ts';
import { buildList, type FrameItem } from '../../packet/frame-list.ts';
import { readWholeFrames } from '../../packet/pcap.ts';
import type { StepOutcomes } from '../../scenario/step-results.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import { announceInTurn } from './announce-frames.ts';
import type { StepContext } from './context.ts';
import { patienceMs, report } from './traffic.ts';

/** Frames that the scenario describes, its list of them `count` times. Those before one that the kernel refuses are sent, and count. */
export async function packets(ctx: StepContext, args: StepArgs<'packets'>): Promise<StepOutcomes['packets']> {
  const { on, frames: items, count, flows, gap_us: gapUs, cpu } = args;
  const files = await readFiles(items);
  const fileFrames = (path: string): readonly Buffer[] => files.get(path) ?? [];
  const distinct = buildList(items, { on, flows: Math.min(flows, count), fileFrames });
  const once = distinct.length / Math.min(flows, count);
  const total = once * count;
  await announceInTurn(ctx, { source: 'packets', on, frames: distinct, count: total });
  const frames = distinct.map(frame => frame.toString('hex'));
  const { refused, ...answer } = await (on === 'tx' ? ctx.generator : ctx.guest).call(
    'send_frames',
    { dev: on, frames, count: total, gap_us: gapUs, cpu },
    { timeoutMs: patienceMs(total) + ((gapUs ?? 0) * total) / 1000, background: true },
  );
  const values = report(ctx, 'packets', on, total, answer);
  if (refused !== undefined) throw new AgentError('send_frames', refused);
  return values;
}

/** The frames of each file that items name. */
async function readFiles(items: readonly FrameItem[]): Promise<Map<string, Buffer[]>> {
  const paths = new Set(items.flatMap(({ pcap }) => pcap ?? []));
  const read = async (path: string) => [path, readWholeFrames(await readFile(path), path)] as const;
  return new Map(await Promise.all([...paths].map(read)));
}
