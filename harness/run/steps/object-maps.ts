import { isPlainMapType } from '../../object/map-types.ts';
import type { BpfMap } from '../../object/object.ts';
import type { BpfProgram } from '../../object/object.ts';
import type { ProgramObject } from '../programs.ts';
import type { OpArgs } from '../../guest/protocol.ts';
import type { CreatedMap, StepContext } from './context.ts';

/** Which maps a program is loaded with. */
export interface MapsOfProgram {
  /** Maps of the object by the agent's name of the map that each of them is. */
  readonly bound: Readonly<Record<string, string>>;
  /** Maps that libbpf creates while it loads the program. */
  readonly created: readonly string[];
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
  const bound: Record<string, string> = { ...named };
  const created: string[] = [];
  for (const map of object.contents.maps.filter(({ name }) => program.maps.includes(name))) {
    if (bound[map.name] !== undefined) continue;
    const there = boundName(ctx, object, map.name);
    if (there !== null) bound[map.name] = there;
    else if (object.own && isPlain(object, map)) bound[map.name] = await createOwn(ctx, object, map);
    else created.push(map.name, ...map.initial.filter(name => isMap(object, name)));
  }
  return { bound, created: [...new Set(created)] };
}

/** The agent's name of the map that an object's map is already; null when there is none yet. */
function boundName(ctx: StepContext, object: ProgramObject, name: string): string | null {
  const qualified = `${object.name}.${name}`;
  if (ctx.maps.has(qualified)) return qualified;
  const owner = ctx.maps.get(name)?.owner;
  return owner === null || owner === object ? name : null;
}

async function createOwn(ctx: StepContext, object: ProgramObject, map: BpfMap): Promise<string> {
  // Another object's map may have the name already.
  const name = ctx.maps.has(map.name) ? `${object.name}.${map.name}` : map.name;
  await createMap(ctx, { name, ...attributesOf(map) }, object);
  return name;
}

/** The attributes that a declaration states: arguments of the agent's `map_create`. */
export function attributesOf(map: BpfMap) {
  return {
    type: map.type,
    key_size: map.keySize,
    value_size: map.valueSize,
    max_entries: map.maxEntries,
    flags: map.flags,
    ...(map.numaNode === null ? {} : { numa_node: map.numaNode }),
  };
}

/** Whether type, sizes, entries and flags are all that the kernel has to know of a map. */
export function isPlain({ contents }: ProgramObject, map: BpfMap): boolean {
  const { valueType } = map;
  const special = valueType !== null && contents.btf !== null && hasSpecialFields(contents, valueType);
  return isPlainMapType(map.type) && map.extra === 0 && !map.pinned && map.initial.length === 0 && !special;
}

/** Structs that the kernel finds in a value by its BTF: kernel/bpf/btf.c, btf_get_field_type(). */
const SPECIAL =
  /^bpf_(?:spin_lock|res_spin_lock|timer|wq|task_work|list_head|list_node|rb_root|rb_node|refcount)$/;

function hasSpecialFields(object: ProgramObject['contents'], id: number, seen = new Set<number>()): boolean {
  const { btf } = object;
  // A struct of two structs of two structs, and so on, has each of them many times over.
  if (seen.has(id)) return false;
  seen.add(id);
  const type = btf?.resolve(id);
  if (btf === null || type === undefined) return false;
  if (type.kind === 'array') return hasSpecialFields(object, type.target, seen);
  // A pointer with a tag is a kptr.
  if (type.kind === 'ptr') return btf.type(type.target).kind === 'type_tag';
  if (type.kind !== 'struct' && type.kind !== 'union') return false;
  return SPECIAL.test(type.name) || type.members.some(member => hasSpecialFields(object, member.type, seen));
}

function isMap({ contents }: ProgramObject, name: string): boolean {
  return contents.maps.some(map => map.name === name);
}

/** Arguments of the agent's `map_create`. */
export type MapAttributes = OpArgs<'map_create'>;

/** BPF_MAP_CREATE. `owner` is the object whose own map it is; null for a map of the scenario's, which is that of every object. */
export async function createMap(
  ctx: StepContext,
  attributes: MapAttributes,
  owner: ProgramObject | null,
): Promise<CreatedMap> {
  const { id } = await ctx.guest.call('map_create', attributes);
  const { name, type, key_size, value_size } = attributes;
  const created = { id, type: String(type), keySize: key_size, valueSize: value_size, owner };
  ctx.maps.set(name, created);
  return created;
}

/** Scenario's maps that no loaded program uses, where a program of an own object was loaded: the reason of many a surprise. */
export function unusedMapHints(ctx: StepContext): string[] {
  const loaded = [...ctx.programs.values()];
  if (!loaded.some(({ own }) => own)) return [];
  const used = new Set(loaded.flatMap(({ maps }) => maps));
  return [...ctx.maps]
    .filter(([name, { owner }]) => owner === null && !used.has(name))
    .map(([name]) => `map \`${name}\` is used by no program that was loaded`);
}
