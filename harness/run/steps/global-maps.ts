import { globalSections, readGlobals, type GlobalBytes } from '../../object/global-bytes.ts';
import type { BpfMap } from '../../object/object.ts';
import type { Value } from '../../model/counters.ts';
import { hashKey } from '../../util/hash.ts';
import type { ProgramObject } from '../programs.ts';
import type { CreatedMap, LoadedProgram, StepContext } from './context.ts';
import { keepMap, mapOfObject, type UnkeptMap } from './find-map.ts';

/** The maps of an object's global variables, for one choice of their first values. Handles of the agent by section. */
interface GlobalMaps {
  /** They exist: another program has them already. */
  readonly known: Readonly<Record<string, string>>;
  /** They are to be made by the load. */
  readonly wanted: Readonly<Record<string, string>>;
}

/**
 * The maps that hold the global variables of a program that is loaded alone. All programs of an object that begin with the same values
 * share them, as they would in a whole object. Those of the stock object are private to each program.
 */
export function mapsOfGlobals(
  ctx: StepContext,
  object: ProgramObject,
  globals: readonly GlobalBytes[],
): GlobalMaps {
  if (!object.own) return { known: {}, wanted: {} };
  const known = ctx.globals.get(keyOf(object, globals));
  if (known !== undefined) return { known, wanted: {} };
  const isFirst = ![...ctx.globals.keys()].some(key => key.startsWith(`${object.name}\0`));
  const suffix = isFirst ? '' : `-${hashKey(globals)}`;
  const sections = globalSections(object.contents);
  return {
    known: {},
    wanted: Object.fromEntries(sections.map(one => [one, `${object.name}.${one}${suffix}`])),
  };
}

/** After the load: makes the maps of the variables known. Returns the agent's handles by section. */
export async function keepGlobals(
  ctx: StepContext,
  object: ProgramObject,
  globals: readonly GlobalBytes[],
  { known, wanted }: GlobalMaps,
): Promise<Readonly<Record<string, string>>> {
  if (Object.keys(wanted).length === 0) return known;
  ctx.globals.set(keyOf(object, globals), wanted);
  for (const [section, handle] of Object.entries(wanted)) {
    // The first ones are `fw..bss`; those of other first values have no name in the scenario.
    if (handle !== `${object.name}.${section}`) continue;
    const { id, value_size: valueSize } = await ctx.guest.call('map_info', { map: handle });
    keepMap(ctx, globalMap(object, section, { id, handle, valueSize }));
  }
  return wanted;
}

/** What the programs of an object that was loaded as a whole share. */
export function rememberGlobals(
  ctx: StepContext,
  object: ProgramObject,
  globals: readonly GlobalBytes[],
  handles: Readonly<Record<string, string>>,
): void {
  ctx.globals.set(keyOf(object, globals), handles);
  // A program that is loaded alone afterwards, and states nothing, shares them too.
  ctx.globals.set(keyOf(object, []), handles);
}

/** A map of global variables, as the steps see it. */
export function globalMap(
  object: ProgramObject,
  section: string,
  { id, handle, valueSize }: Pick<CreatedMap, 'id' | 'handle' | 'valueSize'>,
): UnkeptMap {
  const map: BpfMap = {
    name: section,
    type: 'array',
    typeNumber: 2,
    keySize: 4,
    valueSize,
    maxEntries: 1,
    flags: 0,
    numaNode: null,
    extra: 0,
    pinned: false,
    keyType: null,
    valueType: null,
    inner: null,
    initial: [],
    legacy: false,
  };
  const declared = { object, map };
  return {
    id,
    name: `${object.name}.${section}`,
    handle,
    type: 'array',
    keySize: 4,
    valueSize,
    declared,
    owner: object,
  };
}

/** Largest section that is read for its variables, in bytes. */
const LARGEST = 1024 * 1024;

/** The values of a program's global variables as they are in the guest. */
export async function globalValues(
  ctx: StepContext,
  { object, globals }: LoadedProgram,
): Promise<Record<string, Value>> {
  const values: Record<string, Value> = {};
  for (const [section, map] of Object.entries(globals)) {
    const size = mapOfObject(ctx, object, section)?.valueSize ?? 0;
    if (size > LARGEST) continue;
    const { value } = await ctx.guest.call('map_lookup', { map, key: '00000000' });
    Object.assign(values, readGlobals(object.contents, section, Buffer.from(value, 'hex')));
  }
  return values;
}

function keyOf(object: ProgramObject, globals: readonly GlobalBytes[]): string {
  return `${object.name}\0${hashKey(globals)}`;
}
