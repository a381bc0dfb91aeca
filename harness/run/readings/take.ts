import type { Counters, Value } from '../../model/counters.ts';
import type { ObjectReadings } from '../../model/observations.ts';
import { globalValues } from './global-values.ts';
import type { StepContext } from '../steps/context.ts';
import { mapOfObject } from '../steps/find-map.ts';
import type { ProgramObject } from '../programs.ts';
import { mapEntries } from './map-entries.ts';
import type { ReadingPlan, StreamPlan } from './plan.ts';
import { programFields } from './program-fields.ts';
import { takeRecords } from './records.ts';

/** The part of a plan that has to begin before the traffic. */
export interface Begun extends Pick<ReadingPlan, 'stats'> {
  readonly streams: readonly Pick<StreamPlan, 'object' | 'map'>[];
}

/**
 * Begins what has to be there before the traffic: statistics of runs, and taking records out of the streams. What came during the set-up
 * is thrown away, as no count has it.
 */
export async function beginReadings(ctx: StepContext, plan: Begun): Promise<void> {
  if (plan.stats)
    await ctx.guest.call('write_file', { path: '/proc/sys/kernel/bpf_stats_enabled', data: '1' });
  for (const { object, map } of plan.streams) {
    const created = mapOfObject(ctx, object, map.name);
    // One of an object that a step of the traffic loads is taken from its beginning.
    if (created === null) continue;
    await ctx.guest.call('events_start', { map: created.handle });
    await ctx.guest.call('events_read', { map: created.handle });
  }
}

/** Reads what the expectations name. Throws `scenario` for what no step has loaded, and for maps with too many entries. */
export async function takeReadings(ctx: StepContext, plan: ReadingPlan): Promise<ObjectReadings> {
  const lost: Record<string, number> = {};
  const absent: Record<string, string> = {};
  // Before the rest: asking takes time, in which a stream could overflow.
  const events = await collect(plan.streams, async stream => {
    const { records, missing, unclear } = await takeRecords(ctx, stream);
    const name = `${stream.object.name}.${stream.map.name}`;
    lost[name] = missing;
    if (unclear !== null) absent[`events.${name}`] = unclear;
    return [[stream.map.name, records]];
  });
  return {
    events,
    maps: await collect(plan.maps, async one => [[one.map.name, await mapEntries(ctx, one)]]),
    globals: await collect(plan.globals, one => globalValues(ctx, one)),
    programs: await collect(plan.programs, async one => {
      const { fields, without } = await programFields(ctx, one);
      const name = `programs.${one.object.name}.${one.program.name}`;
      for (const [field, why] of Object.entries(without)) absent[`${name}.${field}`] = why;
      return [[one.program.name, fields]];
    }),
    lost,
    absent,
  };
}

/** Values by the object's name and their own. */
async function collect<T extends { readonly object: ProgramObject }>(
  plans: readonly T[],
  read: (plan: T) => Promise<readonly (readonly [string, Value])[]>,
): Promise<Counters> {
  const found: Record<string, Record<string, Value>> = {};
  for (const plan of plans) {
    const { name } = plan.object;
    found[name] = { ...found[name], ...Object.fromEntries(await read(plan)) };
  }
  return found;
}
