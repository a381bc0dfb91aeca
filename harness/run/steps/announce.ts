import { SOURCES } from '../../guest/protocol/observe.ts';
import {
  encodeSource,
  isForRx,
  sentFrames,
  type SentFrames,
  type SourceRun,
} from '../../guest/sent-frames.ts';
import type { AnnouncedSource } from '../../oracle/identities.ts';
import type { StepContext } from './context.ts';

/** BPFRIG_LANES, bpf/bpfrig.h. */
const LANES = 1 << 20;
/** Of one source at most, so that others find room. */
const MOST_LANES = LANES / 4;

/** Tells the classifier what a source is about to send. Sources that send alike share a slot. */
export async function announce(ctx: StepContext, run: SourceRun): Promise<void> {
  if (ctx.topology === 'none') return;
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
  const bytes = encodeSource(again ? { ...frames, ids: 'any' } : frames, numbers, source.lanes);
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
