import { testFrame, UDP_SOURCE } from '../../guest/frame.ts';
import { SOURCES } from '../../guest/protocol/observe.ts';
import {
  encodeSource,
  hasNumbers,
  isForRx,
  sentFrames,
  type SentFrames,
  type SourceRun,
} from '../../guest/sent-frames.ts';
import { MAC } from '../../model/topology.ts';
import type { AnnouncedSource } from '../../oracle/identities.ts';
import { announceFrames, announceInTurn, announceUnknown, type FramesRun } from './announce-frames.ts';
import type { StepContext } from './context.ts';

/** BPFRIG_LANES, bpf/bpfrig.h. */
const LANES = 1 << 20;
/** Of one source at most, so that others find room. */
const MOST_LANES = LANES / 4;

/**
 * Tells the classifier what a source is about to send: frames with numbers, or frames that it lists one by one. Sources with numbers that
 * send alike share a slot.
 */
export async function announce(ctx: StepContext, run: SourceRun | FramesRun): Promise<void> {
  if (ctx.topology === 'none') return;
  if ('frames' in run) await announceFrames(ctx, run);
  else if (hasNumbers(run)) await announceNumbers(ctx, run);
  else await announceShort(ctx, run);
}

/** Shortest frame of bpfrig's own senders: its UDP header is whole. */
const SHORTEST = 42;

/** Frames too short for a number are alike but for their ports: each is described. */
async function announceShort(ctx: StepContext, run: SourceRun): Promise<void> {
  const { source, on, size, count, flows = 1, firstFlow = 0, received } = run;
  if (size < SHORTEST || (source !== 'packet' && source !== 'live')) {
    await announceUnknown(ctx, run, `frames of ${size} bytes have no number`);
    return;
  }
  const srcMac = on === 'rx' && source !== 'live' ? MAC.rx : MAC.tx;
  const frames = Array.from({ length: Math.min(flows, count) }, (_, flow) =>
    testFrame(size, 0, { srcMac, dstMac: run.dstMac ?? MAC.rx, srcPort: UDP_SOURCE + firstFlow + flow }),
  );
  await announceInTurn(ctx, { source, on, count, frames, ...(received === undefined ? {} : { received }) });
}

async function announceNumbers(ctx: StepContext, run: SourceRun): Promise<void> {
  const { announced } = ctx;
  if (!isForRx(run)) {
    announced.obstacle ??= `${run.source} on ${run.on} does not send to \`rx\``;
    return;
  }
  const frames = sentFrames(run, ctx.changes);
  if (!frames.numbered)
    announced.obstacle ??=
      run.source === 'live' ? 'live frames have no numbers of their own' : 'a program changes the numbers';
  const before = announced.sources.find(one => JSON.stringify(one.frames) === JSON.stringify(frames));
  const source = before ?? newSource(announced.sources, frames, run);
  if (source === null) {
    announced.obstacle ??= `there are more than ${SOURCES} sources`;
    return;
  }
  source.runs.push({ count: run.count, burst: run.burst ?? 1 });
  const numbers = Math.max(...source.runs.map(({ count }) => Math.ceil(count / frames.threads)));
  // Sockets of another run begin with other ids.
  const again = before !== undefined && frames.ids === 'flow';
  if (before !== undefined && !again && numbers === source.numbers) return;
  source.numbers = numbers;
  const bytes = encodeSource(
    again ? { ...frames, ids: 'any' } : frames,
    numbers,
    source.lanes,
    ctx.byteOrder,
  );
  await ctx.guest.call('stack_source', { dev: 'rx', slot: source.slot, source: bytes });
}

function newSource(sources: AnnouncedSource[], frames: SentFrames, run: SourceRun): AnnouncedSource | null {
  const slot = sources.length;
  if (slot === SOURCES) return null;
  const used = sources.reduce((sum, { lanes, frames: { threads } }) => sum + lanes.count * threads, 0);
  const room = Math.floor(Math.min(MOST_LANES, LANES - used) / frames.threads);
  const count = frames.numbered ? Math.min(room, Math.ceil(run.count / frames.threads)) : 0;
  const source = { slot, frames, lanes: { first: used, count }, numbers: 0, runs: [] };
  sources.push(source);
  return source;
}
