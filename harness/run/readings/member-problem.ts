import type { Btf, BtfType } from '../../object/btf.ts';
import { didYouMean } from '../../util/nearest.ts';

/**
 * What is wrong with the part of a name that goes into a value: members of structs and indexes of arrays. Null where nothing is, and
 * where there is no type to know it from.
 */
export function memberProblem(
  btf: Btf | null,
  typeId: number | null,
  path: readonly string[],
): string | null {
  if (btf === null || typeId === null) return null;
  let id = typeId;
  for (const word of path) {
    // A computed index may be anything.
    if (word === '*') return null;
    const type = btf.resolve(id);
    if (type.kind === 'array' && /^\d+$/.test(word)) {
      if (Number(word) >= type.length) return `${btf.nameOf(id)} has no element ${word}`;
      id = type.target;
      continue;
    }
    if (type.kind !== 'struct' && type.kind !== 'union') return `a ${btf.nameOf(id)} has no \`${word}\``;
    const members = membersOf(btf, type);
    const next = members.get(word);
    if (next === undefined) {
      const known = [...members.keys()];
      return `${btf.nameOf(id)} has no member \`${word}\`${didYouMean(word, known)} (has ${known.join(', ')})`;
    }
    id = next;
  }
  return null;
}

/** Members by name with their types, those of anonymous structs and unions among them. */
function membersOf(btf: Btf, type: BtfType, found = new Map<string, number>(), seen = new Set<number>()) {
  if (seen.has(type.id)) return found;
  seen.add(type.id);
  for (const member of type.members) {
    if (member.name !== '') found.set(member.name, member.type);
    else membersOf(btf, btf.resolve(member.type), found, seen);
  }
  return found;
}
