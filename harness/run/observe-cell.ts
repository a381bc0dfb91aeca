import { readCaptures, startCaptures } from '../guest/captures.ts';
import { difference, readBaseline, readFinal, type LaneRuns, type ReadPlan } from '../guest/readings.ts';
import type { Testbed } from '../guest/testbed.ts';
import { XDP_ACTIONS, type ActionCounts } from '../model/counters.ts';
import type { Observations, ProgramReading } from '../model/observations.ts';
import { summariseArrivals } from '../oracle/arrivals.ts';
import { compareDescribed, withDescribed } from '../oracle/described.ts';
import { compareNumbers } from '../oracle/identities.ts';
import { WITNESS_EVENTS } from '../oracle/subjects.ts';
import { tracedWitness } from '../oracle/subjects/traced.ts';
import type { ResolvedVariant } from '../scenario/scenario.ts';
import { explainChanges, readChanges } from './explain-changes.ts';
import type { PhaseClock } from './phases.ts';
import type { ProgramIndex } from './programs.ts';
import { checkTracepoints } from './readings/check-tracepoints.ts';
import type { ReadingPlan } from './readings/plan.ts';
import { beginReadings, takeReadings } from './readings/take.ts';
import { waitUntilIdle } from './wait-until-idle.ts';
import { settleSources } from './settle-sources.ts';
import { CellState, StepContext, type LoadedProgram } from './steps/context.ts';
import { unusedMapHints } from './steps/object-maps.ts';
import { runSteps } from './steps/run-steps.ts';

/** The compiled objects of a cell, and what is read of them. */
export interface CellObjects {
  readonly index: ProgramIndex;
  readonly readings: ReadingPlan;
}

/**
 * Runs a variant's steps in fresh guests, whose devices and observers are ready, and reads what the kernel counted. Phases: setup,
 * traffic, drain, check.
 * Throws what the steps throw; `kept` then has the results of the steps that were done, and the files that they left.
 */
export async function observeCell(
  bed: Testbed,
  variant: ResolvedVariant,
  { index, readings: wanted }: CellObjects,
  clock: PhaseClock,
  kept: Pick<CellState, 'results' | 'artifacts'>,
): Promise<Observations> {
  const { dut } = bed;
  const state = new CellState(kept.results, variant.changes, kept.artifacts);
  const ctx = new StepContext(dut, index, variant.topology, bed.generator, state);
  const devices = variant.topology === 'none' ? [] : ['tx', 'rx'];
  await runSteps(ctx, variant.setup);
  await checkTracepoints(ctx, variant.observe);
  await beginReadings(ctx, wanted);
  // Only now, so that what the set-up itself moved is in no count.
  const before = await readBaseline(bed, planFor(ctx, devices), [
    ...WITNESS_EVENTS,
    ...tracedWitness(variant.observe),
  ]);
  ctx.forgetSources();
  await startCaptures(bed, variant.captures, variant.topology);
  clock.next('traffic');

  await runSteps(ctx, variant.traffic);
  await ctx.join();
  clock.next('drain');

  const plan = planFor(ctx, devices);
  await waitUntilIdle(bed, plan);
  clock.next('check');

  const { readings, witness, arrivals, seen } = await readFinal(bed, plan);
  const counted = difference(before, readings);
  const objects = await takeReadings(ctx, wanted);
  // What `after` sends is in no count.
  const sources = settleSources(ctx.sources, counted.devices);
  const captures = await readCaptures(bed, variant.captures);
  const identities = seen && (await identitiesOf(ctx, seen));
  const changes = await readChanges(ctx, counted.stack);
  await runSteps(ctx, variant.after);
  await ctx.throwFailed();
  const { logStart } = dut.ready;
  const { lines, seq } = await dut.call('kmsg', { since: logStart });
  // The very last: it runs programs of the scenario.
  const explained = changes && (await explainChanges(ctx, changes));
  return {
    release: dut.hello.release,
    sources,
    sourcesAfter: ctx.sources.slice(sources.length),
    devices: counted.devices,
    ifindex: counted.ifindex,
    programs: watched(ctx).map(program => reading(program, counted.actions[program.handle] ?? {})),
    maps: Object.fromEntries([...ctx.maps].map(([name, { id }]) => [name, id])),
    mapTypes: Object.fromEntries([...ctx.maps].map(([name, { type }]) => [name, type])),
    observers: counted.observers,
    witness,
    stack: counted.stack,
    arrivals: arrivals && summariseArrivals(arrivals, before.stack),
    identities,
    opaque: ctx.announced.opaque,
    explained,
    softnet: counted.softnet,
    snmp: counted.snmp,
    steps: ctx.results,
    objects,
    log: lines,
    // The kernel numbers its records one by one.
    logLost: Math.max(0, seq - logStart - lines.length),
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
  return withDescribed(numbers, compareDescribed(described, frames));
}

function planFor(ctx: StepContext, devices: readonly string[]): ReadPlan {
  return { devices, programs: watched(ctx).map(({ handle }) => handle) };
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
