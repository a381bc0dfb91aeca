import {
  difference,
  readBaseline,
  readFinal,
  type LaneRuns,
  type ReadPlan,
  type Readings,
} from '../guest/readings.ts';
import type { Testbed } from '../guest/testbed.ts';
import type { ChangedFrames } from '../model/changed-frames.ts';
import { XDP_ACTIONS, type ActionCounts, type WitnessRows } from '../model/counters.ts';
import type { Observations, ObjectReadings, ProgramReading, SourceReport } from '../model/observations.ts';
import { summariseArrivals } from '../oracle/arrivals.ts';
import { compareDescribed, withDescribed } from '../oracle/described.ts';
import { compareNumbers } from '../oracle/identities.ts';
import { WITNESS_EVENTS } from '../oracle/subjects.ts';
import { tracedWitness } from '../oracle/subjects/traced.ts';
import type { TracedEvent } from '../scenario/traced.ts';
import { explainChanges, readChanges } from './explain-changes.ts';
import { checkTracepoints } from './readings/check-tracepoints.ts';
import type { ReadingPlan } from './readings/plan.ts';
import { beginReadings, takeReadings, type Begun } from './readings/take.ts';
import { readXsks, startXsks } from './readings/xsk.ts';
import { settleSources } from './settle-sources.ts';
import type { LoadedProgram, StepContext } from './steps/context.ts';
import { unusedMapHints } from './steps/object-maps.ts';

/**
 * Begins to count: what moved before is in no count, and sources that were announced before are forgotten. Returns what later readings
 * are compared with.
 */
export async function beginCounting(
  bed: Testbed,
  ctx: StepContext,
  observe: readonly TracedEvent[],
  wanted: Begun,
): Promise<Readings> {
  await checkTracepoints(ctx, observe);
  await beginReadings(ctx, wanted);
  await startXsks(ctx);
  const before = await readBaseline(bed, readPlan(ctx), [...WITNESS_EVENTS, ...tracedWitness(observe)]);
  ctx.forgetSources();
  return before;
}

/** What there is to read: the devices of the topology, and the programs that are watched. */
export function readPlan(ctx: StepContext): ReadPlan {
  const devices = ctx.topology === 'none' ? [] : ['tx', 'rx'];
  return { devices, programs: watched(ctx).map(({ handle }) => handle) };
}

/** What was counted until a guest was idle. */
export interface Counted {
  /** What moved since counting began. */
  readonly counts: Readings;
  readonly witness: WitnessRows;
  readonly arrivals: Observations['arrivals'];
  readonly sources: readonly SourceReport[];
  readonly identities: Observations['identities'];
  readonly objects: ObjectReadings;
  readonly xsks: Pick<Observations, 'xsks' | 'xskFrames'>;
  /** What the frames have in common that are not as sent; null: all are. */
  readonly changes: ChangedFrames | null;
}

/** Reads what an idle guest has counted since {@link beginCounting} returned `before`, and what `wanted` has of the objects. */
export async function readCounted(
  bed: Testbed,
  ctx: StepContext,
  before: Readings,
  wanted: ReadingPlan,
): Promise<Counted> {
  const { readings, witness, arrivals, seen } = await readFinal(bed, readPlan(ctx));
  const counts = difference(before, readings);
  const objects = await takeReadings(ctx, wanted);
  return {
    counts,
    witness,
    arrivals: arrivals && summariseArrivals(arrivals, before.stack, ctx.byteOrder),
    objects,
    xsks: await readXsks(ctx),
    // What is sent later is in no count.
    sources: settleSources(ctx.sources, counts.devices),
    identities: seen && (await identitiesOf(ctx, seen)),
    changes: await readChanges(ctx, counts.stack),
  };
}

/** What is to be known of a guest besides its counts. */
export interface Surroundings {
  readonly captures: NonNullable<Observations['captures']>;
  /** Runs programs of the scenario to find out whether they explain frames that did not arrive as sent; so it comes last of all. */
  readonly explain: boolean;
}

/** All that was observed of a cell: its counts, and the kernel's log until now. */
export async function observationsOf(
  { dut }: Testbed,
  ctx: StepContext,
  counted: Counted,
  { captures, explain }: Surroundings,
): Promise<Observations> {
  const { counts, witness, arrivals, sources, identities, objects, xsks, changes } = counted;
  const { logStart } = dut.ready;
  const { lines, seq } = await dut.call('kmsg', { since: logStart });
  const explained = explain && changes !== null ? await explainChanges(ctx, changes) : null;
  return {
    release: dut.hello.release,
    sources,
    sourcesAfter: ctx.sources.slice(sources.length),
    devices: counts.devices,
    ifindex: counts.ifindex,
    programs: watched(ctx).map(program => reading(program, counts.actions[program.handle] ?? {})),
    maps: Object.fromEntries([...ctx.maps].map(([name, { id }]) => [name, id])),
    mapTypes: Object.fromEntries([...ctx.maps].map(([name, { type }]) => [name, type])),
    observers: counts.observers,
    witness,
    stack: counts.stack,
    arrivals,
    identities,
    opaque: ctx.announced.opaque,
    explained,
    softnet: counts.softnet,
    snmp: counts.snmp,
    steps: ctx.results,
    objects,
    ...xsks,
    log: lines,
    // The kernel numbers its records one by one.
    logLost: Math.max(0, seq - logStart - lines.length),
    spentDetectors: dut.ready.spent,
    captures,
    hints: unusedMapHints(ctx),
  };
}

async function identitiesOf(ctx: StepContext, seen: LaneRuns): Promise<Observations['identities']> {
  const { sources, described, obstacle } = ctx.announced;
  if (obstacle !== null) return obstacle;
  if (sources.length === 0 && described.size === 0) return null;
  const numbers = compareNumbers(sources, seen);
  if (described.size === 0) return numbers;
  const { frames } = await ctx.guest.call('stack_described', { dev: 'rx' });
  return withDescribed(numbers, compareDescribed(described, frames, ctx.byteOrder));
}

function watched(ctx: StepContext): LoadedProgram[] {
  return [...ctx.programs.values()].filter(({ role }) => role !== null);
}

function reading(
  { name, id, role, mode, maps }: LoadedProgram,
  counts: Readonly<Record<string, number>>,
): ProgramReading {
  const actions = Object.fromEntries(
    XDP_ACTIONS.map(action => [action, counts[action] ?? 0]),
  ) as ActionCounts;
  return { name, id, role: role ?? 'main', mode, actions, maps };
}
