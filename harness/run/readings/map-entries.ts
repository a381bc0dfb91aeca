import { largeInteger, type Value } from '../../model/counters.ts';
import { showKey, showValue } from '../../object/map-values.ts';
import { BpfrigError } from '../../util/errors.ts';
import { kernelErrno, type CreatedMap, type StepContext } from '../steps/context.ts';
import { mapOfObject, shapeOf } from '../steps/find-map.ts';
import type { MapPlan } from './plan.ts';

/** Entries of one map that are read one and all. */
const MOST_ENTRIES = 16_384;

/**
 * The entries of a map by their keys: those that the expectations name, or all, with `size`. An entry that is not there is left out. A
 * key is what an expectation writes for it, else a number or a text as its type shows it, else hex.
 */
export async function mapEntries(ctx: StepContext, plan: MapPlan): Promise<Value> {
  const map = loadedMap(ctx, plan);
  return plan.whole ? await allEntries(ctx, plan, map) : await namedEntries(ctx, plan, map);
}

/** A map of an object as it is in the guest. Throws `scenario` when no step has created it. */
export function loadedMap(ctx: StepContext, { object, map }: Pick<MapPlan, 'object' | 'map'>): CreatedMap {
  const found = mapOfObject(ctx, object, map.name);
  if (found !== null) return found;
  throw new BpfrigError(
    'scenario',
    `map \`${object.name}.${map.name}\` does not exist: no step has loaded \`${object.name}\` or a program that uses the map`,
  );
}

async function namedEntries(ctx: StepContext, { keys }: MapPlan, map: CreatedMap): Promise<Value> {
  const entries: [string, Value][] = [];
  for (const { text, bytes } of keys) {
    const value = await entryAt(ctx, map, bytes);
    if (value !== null) entries.push([text, showValue(shapeOf(map), value)]);
  }
  return Object.fromEntries(entries);
}

/** Null when there is no such entry. */
async function entryAt(ctx: StepContext, { handle }: CreatedMap, key: Buffer): Promise<Buffer | null> {
  try {
    const { value } = await ctx.guest.call('map_lookup', { map: handle, key: key.toString('hex') });
    return Buffer.from(value, 'hex');
  } catch (error) {
    if (kernelErrno(error).errno === 'ENOENT') return null;
    throw error;
  }
}

async function allEntries(ctx: StepContext, { object, keys }: MapPlan, map: CreatedMap): Promise<Value> {
  const shape = shapeOf(map);
  const { entries, more } = await ctx.guest.call('map_dump', { map: map.handle, max: MOST_ENTRIES });
  if (more)
    throw new BpfrigError(
      'scenario',
      `map \`${object.name}.${map.name}\` has more than ${entries.length} entries, too many to read all: name the keys in the expectations`,
    );
  const asWritten = new Map(keys.map(({ text, bytes }) => [bytes.toString('hex'), text]));
  const shown = entries.map(({ key, value }): [string, Value] => [
    asWritten.get(key) ?? keyText(showKey(shape, Buffer.from(key, 'hex')), key),
    showValue(shape, Buffer.from(value, 'hex')),
  ]);
  return { ...Object.fromEntries(shown), size: entries.length };
}

function keyText(key: Value, hex: string): string {
  const large = largeInteger(key);
  if (large !== null) return String(large);
  return typeof key === 'object' ? `0x${hex}` : String(key);
}
