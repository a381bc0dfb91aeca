import { difference, readBaseline, readFinal, type LaneRuns, type ReadPlan } from '../guest/readings.ts';
import type { Testbed } from '../guest/testbed.ts';
import { XDP_ACTIONS, type ActionCounts } from '../model/counters.ts';
import type { Observations, ProgramReading } from '../model/observations.ts';
import { summariseArrivals } from '../oracle/arrivals.ts';
import { compareNumbers } from '../oracle/identities.ts';
import { WITNESS_EVENTS } from '../oracle/subjects.ts';
import type { ResolvedVariant } from '../scenario/scenario.ts';
import type { PhaseClock } from './phases.ts';
import type { ProgramIndex } from './programs.ts';
import { waitUntilIdle } from './wait-until-idle.ts';
import { CellState, StepContext, type LoadedProgram } from './steps/context.ts';
import { unusedMapHints } from './steps/object-maps.ts';
import { runSteps } from './steps/run-steps.ts';

/**
 * Runs a variant's steps in fresh guests, whose devices and observers are ready, and reads what the kernel counted. Phases: setup,
 * traffic, drain, check.
 * Throws what the steps throw; `kept` then has the results of the steps that were done, and the files that they left.
 */
export async function observeCell(
  bed: Testbed,
  variant: ResolvedVariant,
  index: ProgramIndex,
  clock: PhaseClock,
  kept: Pick<CellState, 'results' | 'artifacts'>,
): Promise<Observations> {
  const { dut } = bed;
  const state = new CellState(kept.results, variant.changes, kept.artifacts);
  const ctx = new StepContext(dut, index, variant.topology, bed.generator, state);
  const devices = variant.topology === 'none' ? [] : ['tx', 'rx'];
  await runSteps(ctx, variant.setup);
  // Only now, so that what the set-up itself moved is in no count.
  const before = await readBaseline(bed, planFor(ctx, devices), WITNESS_EVENTS);
  ctx.forgetSources();
  clock.next('traffic');

  await runSteps(ctx, variant.traffic);
  await ctx.join();
  clock.next('drain');

  const plan = planFor(ctx, devices);
  await waitUntilIdle(bed, plan);
  clock.next('check');

  const { readings, witness, arrivals, seen } = await readFinal(bed, plan);
  const counted = difference(before, readings);
  // What `after` sends is in no count.
  const sources = [...ctx.sources];
  const identities = seen && identitiesOf(ctx, seen);
  await runSteps(ctx, variant.after);
  await ctx.throwFailed();
  const { logStart } = dut.ready;
  const { lines, seq } = await dut.call('kmsg', { since: logStart });
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
    softnet: counted.softnet,
    snmp: counted.snmp,
    steps: ctx.results,
    log: lines,
    // The kernel numbers its records one by one.
    logLost: Math.max(0, seq - logStart - lines.length),
    hints: unusedMapHints(ctx),
  };
}

function identitiesOf({ announced }: StepContext, seen: LaneRuns): Observations['identities'] {
  if (announced.obstacle !== null) return announced.obstacle;
  return announced.sources.length === 0 ? null : compareNumbers(announced.sources, seen);
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
