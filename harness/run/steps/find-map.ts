import { isPerCpu, type MapShape } from '../../object/map-values.ts';
import { mapTypeName } from '../../object/map-types.ts';
import { BpfrigError } from '../../util/errors.ts';
import { didYouMean } from '../../util/nearest.ts';
import { splitName, type DeclaredMap, type ProgramObject } from '../programs.ts';
import type { CreatedMap, StepContext } from './context.ts';
import { attributesOf, isPlain, type MapAttributes } from './map-attributes.ts';

/**
 * A map by its name: one that a step or a loaded object created, or one that an object of the scenario declares, which is then created
 * as declared. `OBJECT.NAME` is that object's, and `NAME` is enough where only one has it. Throws `scenario` when there is none.
 */
export async function mapOf(ctx: StepContext, name: string): Promise<CreatedMap> {
  const found = createdMap(ctx, name);
  if (found !== null) return found;
  const declared = ctx.index.declared(name);
  if (declared !== null) return ownOrNew(ctx, name, declared, {}, {});
  const known = [...ctx.maps.keys(), ...ctx.index.own.flatMap(one => one.contents.maps.map(map => map.name))];
  throw new BpfrigError(
    'scenario',
    `no map \`${name}\`${didYouMean(name, known)}: no step before created it, and no object of the scenario declares it (known are ${[...new Set(known)].join(', ') || 'none'})`,
  );
}

/** A map that exists; null when there is none of that name. Throws `scenario` where several objects have one. */
export function createdMap(ctx: StepContext, name: string): CreatedMap | null {
  const exact = ctx.maps.get(name);
  if (exact?.owner === null) return exact;
  const { object, rest } = splitName(name, ctx.index.own);
  if (object !== null) return mapOfObject(ctx, object, rest);
  const [first, ...others] = [...ctx.maps.values()].filter(
    ({ declared, owner }) => owner !== null && declared?.map.name === name,
  );
  if (others.length > 0) {
    const all = [first, ...others].map(one => `\`${one?.owner?.name ?? ''}.${name}\``).join(' or ');
    throw new BpfrigError('scenario', `there are several maps \`${name}\`: write ${all}`);
  }
  return first ?? exact ?? null;
}

/** What a map of an object is: the scenario's map of that name, or the object's own; null when it does not exist yet. */
export function mapOfObject(ctx: StepContext, object: ProgramObject, name: string): CreatedMap | null {
  const all = [...ctx.maps.values()];
  const own = all.find(
    one =>
      one.declared?.map.name === name && one.declared.object === object && (one.owner ?? object) === object,
  );
  return own ?? all.find(one => one.owner === null && one.name === name) ?? null;
}

/** The name under which an object's own map is known: its own, with the object's in front where that is taken. */
export function ownName(ctx: StepContext, object: ProgramObject, name: string): string {
  // `fw..bss`: a name that begins with a dot says nothing by itself.
  return ctx.maps.has(name) || name.startsWith('.') ? `${object.name}.${name}` : name;
}

/** Attributes of a map that a step states. */
export type Stated = Partial<{ readonly [K in keyof MapAttributes]: MapAttributes[K] | undefined }>;

/** A map as stated, for the rest as declared, for the rest by the defaults. */
export async function ownOrNew(
  ctx: StepContext,
  name: string,
  declared: DeclaredMap | null,
  stated: Stated,
  defaults: Stated,
): Promise<CreatedMap> {
  const there = createdMap(ctx, name);
  const differs = Object.values(stated).some(value => value !== undefined);
  if (there?.owner != null) {
    if (!differs) return there;
    throw new BpfrigError(
      'scenario',
      `map \`${name}\` was created as declared when a program that uses it was loaded: resize it in an earlier step, or with \`sizes\` of the step that loads the object`,
    );
  }
  if (declared !== null && !isPlain(declared.object.contents, declared.map) && stated.type === undefined)
    throw libbpfCreates(name, declared);
  const base = declared === null ? defaults : { ...defaults, ...attributesOf(declared.map) };
  const all: Stated = {
    ...base,
    ...Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== undefined)),
  };
  const missing = (['type', 'key_size', 'value_size', 'max_entries'] as const).find(
    key => all[key] === undefined,
  );
  if (missing !== undefined) {
    const none = "none of the scenario's objects declares it";
    throw new BpfrigError('scenario', `map \`${name}\`: \`${missing}\` is missing, and ${none}`);
  }
  return createMap(ctx, { ...(all as Omit<MapAttributes, 'name'>), name }, null, declared);
}

function libbpfCreates(name: string, { object, map }: DeclaredMap): BpfrigError {
  const remedy = `load it before this step, with \`load: { object: ${object.name} }\` or a program that uses it`;
  return new BpfrigError(
    'scenario',
    `map \`${name}\` of ${object.contents.label} (type ${map.type}) is created by libbpf together with its programs: ${remedy}`,
  );
}

/** BPF_MAP_CREATE. `owner` is the object whose own map it is; null for a map of the scenario's, which is that of every object. */
export async function createMap(
  ctx: StepContext,
  attributes: MapAttributes,
  owner: ProgramObject | null,
  declared: DeclaredMap | null,
): Promise<CreatedMap> {
  const { id } = await ctx.guest.call('map_create', attributes);
  const { name, type, key_size, value_size } = attributes;
  const sizes = { keySize: key_size, valueSize: value_size };
  return keepMap(ctx, { id, name, handle: name, type: String(type), ...sizes, declared, owner });
}

/** A map that was created, before the steps that follow know it. */
export type UnkeptMap = Omit<CreatedMap, 'byteOrder'>;

/** Makes a map known to the steps that follow. */
export function keepMap(ctx: StepContext, created: UnkeptMap): CreatedMap {
  const map = { ...created, byteOrder: ctx.byteOrder };
  ctx.maps.set(map.name, map);
  return map;
}

/** What is known of a map's keys and values. */
export function shapeOf({ type, keySize, valueSize, declared, byteOrder }: CreatedMap): MapShape {
  return {
    type: /^\d+$/.test(type) ? mapTypeName(Number(type)) : type,
    keySize,
    valueSize,
    declared: declared === null ? null : { contents: declared.object.contents, map: declared.map },
    byteOrder,
  };
}

/** Possible CPUs of the guest: a per-CPU map has a value for each. */
export function cpusOf(ctx: StepContext, map: CreatedMap): number {
  return isPerCpu(shapeOf(map).type) ? ctx.guest.hello.cpus_possible.length : 1;
}
