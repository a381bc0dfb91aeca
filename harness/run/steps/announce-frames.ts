import { frameHash } from '../../guest/frame-hash.ts';
import { frameKind } from '../../guest/frame-kind.ts';
import { isForRx, type SourceRun } from '../../guest/sent-frames.ts';
import { lineText } from '../../scenario/places.ts';
import type { StepContext } from './context.ts';

/** A source of frames that have no number, and that bpfrig knows byte by byte. */
export interface FramesRun extends Pick<SourceRun, 'on' | 'received'> {
  readonly source: 'packets' | 'packet' | 'live';
  /** As they are sent, with VLAN tags. */
  readonly frames: readonly Buffer[];
  /** How often each of them is sent. */
  readonly times: number;
}

/** BPFRIG_DESCRIBED, bpf/bpfrig.h. */
const MOST_FRAMES = 16_384;
/** The longest frame that the classifier hashes: BLOCKS of bpf/stack_described.h. */
const LONGEST = 65_536;

/**
 * Tells the classifier which frames a source is about to send. How often each came is compared with how often it was sent, by all sources
 * together. More frames than the classifier has room for are counted, and not compared.
 */
export async function announceFrames(ctx: StepContext, run: FramesRun): Promise<void> {
  if (ctx.topology === 'none') return;
  const { announced } = ctx;
  if (!isForRx(run)) {
    announced.obstacle ??= `${run.source} on ${run.on} does not send to \`rx\``;
    return;
  }
  const frames = run.frames.map((bytes, index) => ({ bytes, index, hash: frameHash(bytes, ctx.byteOrder) }));
  const fresh = [...new Set(frames.map(({ hash }) => hash))].filter(hash => !announced.described.has(hash));
  const trouble =
    announced.described.size + fresh.length > MOST_FRAMES
      ? `there are more than ${MOST_FRAMES} different frames`
      : frames.some(({ bytes }) => bytes.length > LONGEST)
        ? `there are frames of more than ${LONGEST} bytes`
        : null;
  if (trouble !== null) {
    await announceUnknown(ctx, run, trouble);
    return;
  }
  const where = (ctx.step && lineText(ctx.step.place)) ?? run.source;
  for (const { bytes, index, hash } of frames) {
    const known = announced.described.get(hash);
    if (known === undefined) {
      const name = `frame ${index} of ${where}`;
      announced.described.set(hash, { name, bytes, times: run.times });
    } else known.times += run.times;
  }
  await describe(ctx, fresh, kindsOf(run.frames));
}

/** The same for a source that goes through its frames in turn until it has sent `count`: the first ones can come once more. */
export async function announceInTurn(
  ctx: StepContext,
  { count, ...run }: Omit<FramesRun, 'times'> & { readonly count: number },
): Promise<void> {
  const [times, more] = [Math.floor(count / run.frames.length), count % run.frames.length];
  if (times > 0) await announceFrames(ctx, { ...run, times });
  if (more > 0) await announceFrames(ctx, { ...run, frames: run.frames.slice(0, more), times: 1 });
}

/**
 * States that a source sends frames to `rx` of which bpfrig does not know the bytes, and why: each packet is counted, and none is
 * compared. Call it before the source sends.
 */
export async function announceUnknown(
  ctx: StepContext,
  { source, on, received = false }: { source: string; on: 'tx' | 'rx'; received?: boolean | undefined },
  why: string,
): Promise<void> {
  if (ctx.topology === 'none') return;
  const { announced } = ctx;
  if (!isForRx({ on, received })) {
    announced.obstacle ??= `${source} on ${on} does not send to \`rx\``;
    return;
  }
  announced.obstacle ??= why;
  announced.opaque ??= why;
}

function kindsOf(frames: readonly Buffer[]): number {
  return frames.reduce((kinds, frame) => kinds | frameKind(frame), 0);
}

async function describe(ctx: StepContext, hashes: readonly string[], kinds: number): Promise<void> {
  if (hashes.length === 0) return;
  await ctx.guest.call('stack_describe', { dev: 'rx', hashes: hashes.join(''), kinds });
}
