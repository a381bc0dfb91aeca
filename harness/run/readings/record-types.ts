import type { Btf } from '../../object/btf.ts';
import { readDwarfTypes } from '../../object/dwarf-types.ts';
import { readElf } from '../../object/elf.ts';
import { BpfrigError } from '../../util/errors.ts';
import { groupBy } from '../../util/group-by.ts';
import { didYouMean } from '../../util/nearest.ts';
import type { BpfMap } from '../../object/object.ts';
import type { ProgramObject } from '../programs.ts';

/** A type, and the types that it is made of. */
export interface RecordType {
  readonly btf: Btf;
  readonly id: number;
  readonly name: string;
}

/** What the records of a stream are: the type that the scenario states, or those of the object's structs that have a record's size. */
export interface RecordTypes {
  /** What the scenario states; null where it states nothing. */
  readonly stated: RecordType | null;
  /** Structs with a name, by the bytes of a record that holds one. Each name once. */
  readonly bySize: ReadonlyMap<number, readonly RecordType[]>;
}

/**
 * The types that the records of stream `name` may have, from the object's BTF and its debug information: BTF has no type that only local
 * variables have. Throws `scenario` when the scenario states one that the object does not have.
 */
export function recordTypes(
  object: ProgramObject,
  { name, type: mapType }: BpfMap,
  records: Readonly<Record<string, string>>,
): RecordTypes {
  const found = new Map<string, RecordType>();
  for (const btf of typeSources(object)) {
    for (const type of btf.types) {
      const text = type.kind === 'struct' || type.kind === 'union' ? btf.nameOf(type.id) : type.name;
      if (type.name !== '' && btf.sizeOf(type.id) > 0 && !found.has(text))
        found.set(text, { btf, id: type.id, name: text });
    }
  }
  const stated = records[`${object.name}.${name}`];
  const structs = [...found.values()].filter(({ btf, id }) => btf.type(id).kind === 'struct');
  const isPerf = mapType === 'perf_event_array';
  const bySize = groupBy(structs, ({ btf, id }) => (isPerf ? padded(btf.sizeOf(id)) : btf.sizeOf(id)));
  if (stated === undefined) return { stated: null, bySize };
  const type = found.get(stated) ?? found.get(`struct ${stated}`);
  if (type !== undefined) return { stated: type, bySize };
  const hint = didYouMean(stated, [...found.keys()]);
  throw new BpfrigError(
    'scenario',
    `events: \`${object.name}.${name}\`: ${object.contents.label} has no type \`${stated}\`${hint}${typeSources(object).length === 0 ? ': it was compiled without -g' : ''}`,
  );
}

/** What a perf record makes of its data: with 4 bytes for its size, a multiple of 8; kernel/events/core.c, perf_prepare_sample(). */
function padded(size: number): number {
  return Math.ceil((size + 4) / 8) * 8 - 4;
}

/** The object's BTF first: its types are those of its maps. */
function typeSources({ contents, load }: ProgramObject): Btf[] {
  const bytes = 'object_data' in load ? Buffer.from(load.object_data, 'base64') : null;
  const debug = bytes === null ? null : readDwarfTypes(readElf(bytes, contents.label));
  return [contents.btf, debug].flatMap(btf => btf ?? []);
}

/** The type of one record, null where no struct or more than one has its size, or where it is shorter than the stated type. */
export function typeOfRecord({ stated, bySize }: RecordTypes, size: number): RecordType | null {
  if (stated !== null) return stated.btf.sizeOf(stated.id) <= size ? stated : null;
  const [only, ...others] = bySize.get(size) ?? [];
  return others.length === 0 ? (only ?? null) : null;
}
