import type { LaneRuns } from '../guest/readings.ts';
import type { Lanes, SentFrames } from '../guest/sent-frames.ts';
import type { Identities } from '../model/observations.ts';

/** A source that the classifier at tc ingress of `rx` knows, and what it was asked to send. */
export interface AnnouncedSource {
  /** Its place in the classifier's table. */
  readonly slot: number;
  readonly frames: SentFrames;
  readonly lanes: Lanes;
  /** How many numbers each of its threads sends at most. */
  numbers: number;
  /** Its runs: packets of all threads, and how often each packet is sent. */
  readonly runs: { readonly count: number; readonly burst: number }[];
}

/** A lane that has counted so often may have missed some: BPFRIG_LANE_FULL, bpf/bpfrig.h. */
const LANE_FULL = 191;
/** Longest list of examples. */
const LISTED = 4;

/**
 * Compares how often each number came with how often it was sent. Numbers beyond a source's lanes share them, in turn: of a long run,
 * a packet that came twice and one that is missing are not seen if they share a lane.
 */
export function compareNumbers(sources: readonly AnnouncedSource[], runs: LaneRuns): Identities {
  const came = expand(runs);
  const totals = { matched: 0, duplicated: 0, absent: 0 };
  const examples: { duplicated: string[]; absent: string[] } = { duplicated: [], absent: [] };
  const note = (list: string[], source: AnnouncedSource, thread: number, lane: number) => {
    if (list.length < LISTED) list.push(nameOf(source, thread, lane));
  };
  for (const source of sources) {
    for (let thread = 0; thread < source.frames.threads; thread += 1) {
      const sent = sentPerLane(source, thread);
      const first = source.lanes.first + thread * source.lanes.count;
      sent.forEach((times, lane) => {
        const arrived = came[first + lane] ?? 0;
        if (arrived === LANE_FULL && times >= LANE_FULL) {
          totals.matched += times;
          return;
        }
        totals.matched += Math.min(times, arrived);
        totals.duplicated += Math.max(0, arrived - times);
        totals.absent += Math.max(0, times - arrived);
        if (arrived > times) note(examples.duplicated, source, thread, lane);
        if (arrived < times) note(examples.absent, source, thread, lane);
      });
    }
  }
  return { ...totals, examples, once: sources.every(one => sendsOnce(one, sources)) };
}

/** How often each number of a thread was sent, by lane. */
function sentPerLane({ frames: { threads }, lanes, runs }: AnnouncedSource, thread: number): number[] {
  const sent = Array.from({ length: lanes.count }, () => 0);
  const add = (lane: number, times: number) => (sent[lane] = (sent[lane] ?? 0) + times);
  if (lanes.count === 0) return sent;
  for (const { count, burst } of runs) {
    // The agent's division: the first threads send one more.
    const part = Math.floor(count / threads) + (thread < count % threads ? 1 : 0);
    const rounds = burst === 1 ? Math.floor(part / lanes.count) : 0;
    if (rounds > 0) for (let lane = 0; lane < lanes.count; lane += 1) add(lane, rounds);
    for (let number = rounds * lanes.count; number < part; number += burst)
      add(number % lanes.count, Math.min(burst, part - number));
  }
  return sent;
}

function sendsOnce({ frames, runs }: AnnouncedSource, all: readonly AnnouncedSource[]): boolean {
  const end = (one: SentFrames) => one.port + one.flows * one.threads;
  const shared = all.some(
    ({ frames: other }) => other !== frames && other.port < end(frames) && frames.port < end(other),
  );
  return !shared && runs.length === 1 && runs.every(({ burst }) => burst === 1);
}

/** A number's name: of a source with one flow its port is known. */
function nameOf({ frames, lanes, numbers }: AnnouncedSource, thread: number, lane: number): string {
  const port = frames.port + thread * frames.flows;
  const ports = frames.flows === 1 ? `port ${port}` : `ports ${port} to ${port + frames.flows - 1}`;
  const number = frames.first + lane;
  return `number ${number}${numbers > lanes.count ? ` (or ${lanes.count} more, and so on)` : ''} of ${ports}`;
}

function expand(runs: LaneRuns): Uint8Array {
  const length = runs.reduce((sum, [lanes]) => sum + lanes, 0);
  const came = new Uint8Array(length);
  let at = 0;
  for (const [lanes, times] of runs) {
    came.fill(times, at, at + lanes);
    at += lanes;
  }
  return came;
}
