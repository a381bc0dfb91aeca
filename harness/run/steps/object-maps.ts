import type { BpfMap, BpfProgram } from '../../object/object.ts';
import type { ProgramObject } from '../programs.ts';
import type { CreatedMap, StepContext } from './context.ts';
import { createMap, keepMap, mapOf, mapOfObject, ownName } from './find-map.ts';
import { attributesOf, isPlain } from './map-attributes.ts';

/** Which maps a program is loaded with. */
export interface MapsOfProgram {
  /** What maps of the object are, by their names in the object. */
  readonly bound: ReadonlyMap<string, CreatedMap>;
  /** Maps that libbpf creates while it loads the program. */
  readonly created: readonly string[];
  /** Programs that tables of tail calls name (`.values`): they are loaded along with it. */
  readonly also: readonly string[];
}

/**
 * Decides what every map that a program uses is, in this order: the one that the step names, the scenario's map of the same name, the
 * object's own map, which is created as declared when the first of its programs is loaded and shared by all of them. The stock
 * object's maps are places for the scenario's: one that stays unbound is created by libbpf for that program alone.
 */
export async function mapsOfProgram(
  ctx: StepContext,
  object: ProgramObject,
  program: BpfProgram,
  named: Readonly<Record<string, string>>,
): Promise<MapsOfProgram> {
  const bound = new Map<string, CreatedMap>();
  for (const [name, other] of Object.entries(named)) bound.set(name, await mapOf(ctx, other));
  const created: string[] = [];
  const also = companions(object, program);
  for (const map of mapsUsed(object, [program, ...also])) {
    if (bound.has(map.name)) continue;
    const there = mapOfObject(ctx, object, map.name);
    if (there !== null) bound.set(map.name, there);
    else if (object.own && isPlain(object.contents, map))
      bound.set(map.name, await createOwn(ctx, object, map));
    else created.push(map.name, ...map.initial.filter(name => isMap(object, name) && !bound.has(name)));
  }
  return { bound, created: [...new Set(created)], also: also.map(({ name }) => name) };
}

/** Programs that the object's tables of tail calls begin with. libbpf fills all of them, whatever the program uses. */
function companions({ contents }: ProgramObject, program: BpfProgram): BpfProgram[] {
  const tables = contents.maps.filter(({ type }) => type === 'prog_array');
  const names = new Set(tables.flatMap(({ initial }) => initial));
  return contents.programs.filter(one => one !== program && names.has(one.name));
}

/** Maps that programs use, and the tables of tail calls that libbpf fills. */
function mapsUsed({ contents }: ProgramObject, programs: readonly BpfProgram[]): BpfMap[] {
  const used = new Set(programs.flatMap(({ maps }) => maps));
  return contents.maps.filter(
    ({ name, type, initial }) => used.has(name) || (type === 'prog_array' && initial.length > 0),
  );
}

async function createOwn(ctx: StepContext, object: ProgramObject, map: BpfMap): Promise<CreatedMap> {
  const name = ownName(ctx, object, map.name);
  return createMap(ctx, { name, ...attributesOf(map) }, object, { object, map });
}

/** Handles under which the agent keeps maps that libbpf creates with a program, by their names in the object. */
export function handlesOf(object: ProgramObject, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map(name => [name, `${object.name}.${name}`]));
}

/** Makes maps that libbpf has created with a program known to the steps that follow. */
export async function keepCreated(
  ctx: StepContext,
  object: ProgramObject,
  handles: Readonly<Record<string, string>>,
): Promise<CreatedMap[]> {
  const kept: CreatedMap[] = [];
  for (const [name, handle] of Object.entries(handles)) {
    const map = object.contents.maps.find(one => one.name === name);
    if (map === undefined) continue;
    const { id, key_size, value_size } = await ctx.guest.call('map_info', { map: handle });
    kept.push(
      keepMap(ctx, {
        id,
        name: ownName(ctx, object, name),
        handle,
        type: map.type,
        keySize: key_size,
        valueSize: value_size,
        declared: { object, map },
        owner: object,
      }),
    );
  }
  return kept;
}

function isMap({ contents }: ProgramObject, name: string): boolean {
  return contents.maps.some(map => map.name === name);
}

/** Scenario's maps that no loaded program uses, where a program of an own object was loaded: the reason of many a surprise. */
export function unusedMapHints(ctx: StepContext): string[] {
  const loaded = [...ctx.programs.values()];
  if (!loaded.some(({ object }) => object.own)) return [];
  const used = new Set(loaded.flatMap(({ maps }) => maps));
  return [...ctx.maps]
    .filter(([name, { owner }]) => owner === null && !used.has(name))
    .map(([name]) => `map \`${name}\` is used by no program that was loaded`);
}
