import type { Btf } from './btf.ts';
import { ByteReader, type Elf, type ElfSection } from './elf.ts';
import { mapTypeName } from './map-types.ts';
import type { BpfMap } from './object.ts';

/** A map and where its symbol is: relocations refer to that. */
export interface PlacedMap {
  readonly map: BpfMap;
  readonly section: number;
  readonly offset: number;
}

/** Every map of an object: those declared in `.maps` by BTF, and those of the older section `maps`. In the order of their places. */
export function readMaps(elf: Elf, btf: Btf | null): PlacedMap[] {
  return elf.sections.flatMap(section => {
    if (section.name === '.maps') return btf === null ? [] : declaredMaps(elf, section, btf);
    return section.name === 'maps' ? legacyMaps(elf, section) : [];
  });
}

function declaredMaps(elf: Elf, section: ElfSection, btf: Btf): PlacedMap[] {
  const variables =
    btf.types.find(({ kind, name }) => kind === 'datasec' && name === '.maps')?.variables ?? [];
  const symbols = new Map(
    elf.symbols
      .filter(({ section: index, kind }) => index === section.index && kind !== 'section')
      .map(symbol => [symbol.name, symbol]),
  );
  return variables
    .flatMap(variable => {
      const { name, target } = btf.type(variable.type);
      const symbol = symbols.get(name);
      if (symbol === undefined) return [];
      const inside = section.relocations.filter(
        ({ offset }) => offset >= symbol.value && offset < symbol.value + variable.size,
      );
      const initial = inside.map(one => symbolName(elf, one.symbol.name, one.symbol.section));
      return [{ map: declaredMap(btf, name, target, initial), section: section.index, offset: symbol.value }];
    })
    .toSorted((a, b) => a.offset - b.offset);
}

function symbolName(elf: Elf, name: string, section: number): string {
  return name || (elf.sections[section]?.name ?? '');
}

/** One declaration: `__uint(f, n)` is a pointer to an array of n ints, `__type(f, t)` a pointer to t. As libbpf's parse_btf_map_def(). */
function declaredMap(
  btf: Btf,
  name: string,
  type: number,
  initial: readonly string[],
  isInner = false,
): BpfMap {
  const members = new Map(btf.resolve(type).members.map(member => [member.name, member.type]));
  const number = (field: string): number | null => {
    const member = members.get(field);
    return member === undefined ? null : uint(btf, member);
  };
  const typed = (field: string): number | null => {
    const member = members.get(field);
    return member === undefined ? null : btf.resolve(member).target;
  };
  const [keyType, valueType] = [typed('key'), typed('value')];
  const size = (field: string, type: number | null): number =>
    number(field) ?? (type === null ? 0 : btf.sizeOf(type));
  const typeNumber = number('type') ?? 0;
  const type_ = mapTypeName(typeNumber);
  const ofMaps = type_ === 'array_of_maps' || type_ === 'hash_of_maps';
  // `__array(values, struct inner)`: an array of no length of pointers.
  const values = members.get('values');
  const innerType = values === undefined || !ofMaps ? null : btf.resolve(btf.resolve(values).target).target;
  if (isInner && ofMaps) throw new RangeError(`map ${name} is a map of maps in a map of maps`);
  return {
    name,
    type: type_,
    typeNumber,
    keySize: size('key_size', keyType),
    valueSize: size('value_size', valueType) || (values === undefined ? 0 : 4),
    maxEntries: number('max_entries') ?? 0,
    flags: number('map_flags') ?? 0,
    numaNode: number('numa_node'),
    extra: number('map_extra') ?? 0,
    pinned: number('pinning') === 1,
    keyType,
    valueType,
    inner: innerType === null ? null : declaredMap(btf, `${name}.inner`, innerType, [], true),
    initial,
    legacy: false,
  };
}

/** The value of `__uint(field, value)`: newer headers (`__ulong`) use an enum64 or enum instead of an array's length. */
function uint(btf: Btf, member: number): number {
  const type = btf.resolve(member);
  const target = btf.resolve(type.target);
  if (target.kind === 'array') return target.length;
  return Number((type.kind === 'enum64' ? type : target).values[0]?.value ?? 0);
}

/** struct bpf_map_def: type, key_size, value_size, max_entries, map_flags, and what iproute2 or aya put behind. */
function legacyMaps(elf: Elf, section: ElfSection): PlacedMap[] {
  const read = new ByteReader(section.data, elf.littleEndian);
  return elf.symbols
    .filter(({ section: index, kind, size }) => index === section.index && kind === 'object' && size >= 16)
    .toSorted((a, b) => a.value - b.value)
    .map(({ name, value, size }) => {
      const typeNumber = read.u32(value);
      const map: BpfMap = {
        name,
        type: mapTypeName(typeNumber),
        typeNumber,
        keySize: read.u32(value + 4),
        valueSize: read.u32(value + 8),
        maxEntries: read.u32(value + 12),
        flags: size >= 20 ? read.u32(value + 16) : 0,
        numaNode: null,
        extra: 0,
        pinned: false,
        keyType: null,
        valueType: null,
        inner: null,
        initial: [],
        legacy: true,
      };
      return { map, section: section.index, offset: value };
    });
}
