import type { OpArgs } from '../../guest/protocol.ts';
import { isPlainMapType } from '../../object/map-types.ts';
import type { BpfMap, BpfObject } from '../../object/object.ts';

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
export function isPlain(contents: BpfObject, map: BpfMap): boolean {
  const { valueType } = map;
  const special = valueType !== null && contents.btf !== null && hasSpecialFields(contents, valueType);
  return isPlainMapType(map.type) && map.extra === 0 && !map.pinned && map.initial.length === 0 && !special;
}

/** Structs that the kernel finds in a value by its BTF: kernel/bpf/btf.c, btf_get_field_type(). */
const SPECIAL =
  /^bpf_(?:spin_lock|res_spin_lock|timer|wq|task_work|list_head|list_node|rb_root|rb_node|refcount)$/;

function hasSpecialFields(object: BpfObject, id: number, seen = new Set<number>()): boolean {
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

/** Arguments of the agent's `map_create`. */
export type MapAttributes = OpArgs<'map_create'>;
