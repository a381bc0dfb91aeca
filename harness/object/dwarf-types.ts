import { checkReferences } from './btf-references.ts';
import { Btf, newType, VOID, type BtfMember, type BtfType } from './btf.ts';
import { readDies, type Die } from './dwarf.ts';
import type { Elf } from './elf.ts';

/**
 * The types in an object's debug information, as BTF would have them. A compiler leaves types out of BTF that only local variables
 * have, such as the records of a ring buffer; its debug information has them. Null without debug information, or when it cannot be read:
 * nothing depends on it but the names of types.
 */
export function readDwarfTypes(elf: Elf): Btf | null {
  try {
    const dies = readDies(elf);
    if (dies.length === 0) return null;
    const types = new TypeTable(dies, elf.littleEndian).types();
    checkReferences(types);
    return new Btf(types);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Encodings of a base type: DWARF 5, 7.8. */
const ENCODINGS = { boolean: 2, float: 4, signed: [5, 6, 0x0d] } as const;

class TypeTable {
  readonly #dies: readonly Die[];
  readonly #ids: ReadonlyMap<number, number>;
  readonly #littleEndian: boolean;
  /** Arrays within arrays, which DWARF has as one entry. */
  readonly #inner: BtfType[] = [];

  constructor(dies: readonly Die[], littleEndian: boolean) {
    this.#dies = dies;
    this.#ids = new Map(dies.map(({ offset }, index) => [offset, index + 1]));
    this.#littleEndian = littleEndian;
  }

  types(): BtfType[] {
    const types = this.#dies.map((die, index) => this.#type(die, index + 1));
    return [VOID, ...types, ...this.#inner];
  }

  #idOf({ attributes: { type } }: Die): number {
    return type === undefined ? 0 : (this.#ids.get(type) ?? 0);
  }

  #type(die: Die, id: number): BtfType {
    const { name, attributes } = die;
    const size = attributes.byteSize ?? 0;
    switch (die.tag) {
      case 'base': {
        const { encoding = 0 } = attributes;
        if (encoding === ENCODINGS.float) return newType(id, 'float', { name, size });
        const signed = (ENCODINGS.signed as readonly number[]).includes(encoding);
        return newType(id, 'int', { name, size, signed, boolean: encoding === ENCODINGS.boolean });
      }
      case 'struct':
      case 'union':
        return newType(id, die.tag, { name, size, members: this.#members(die) });
      case 'enum':
        return newType(id, 'enum', { name, size, ...enumValues(die) });
      case 'array':
        return this.#array(die, id);
      case 'ptr':
        // What it points to is of no use for its value, and may be a circle.
        return newType(id, 'ptr', { target: 0 });
      case 'typedef':
      case 'const':
      case 'volatile':
      case 'restrict':
        return newType(id, die.tag, { name, target: this.#idOf(die) });
      default:
        return newType(id, 'fwd', { name });
    }
  }

  #members({ tag, parts }: Die): BtfMember[] {
    return parts
      .filter(part => part.tag === 'member')
      .map(member => {
        const { location = 0, bitSize = 0, bitOffset, dataBitOffset, byteSize = 0 } = member.attributes;
        const unit = byteSize * 8;
        const old = this.#littleEndian ? unit - (bitOffset ?? 0) - bitSize : (bitOffset ?? 0);
        const inUnit = bitOffset === undefined ? 0 : old;
        return {
          name: member.name,
          type: this.#idOf(member),
          bitOffset: tag === 'union' && bitSize === 0 ? 0 : (dataBitOffset ?? location * 8 + inUnit),
          bitSize,
        };
      });
  }

  /** `int a[2][3]` is one entry with two ranges. */
  #array(die: Die, id: number): BtfType {
    const lengths = die.parts.filter(({ tag }) => tag === 'subrange').map(lengthOf);
    const [first = 0, ...rest] = lengths;
    let target = this.#idOf(die);
    for (const length of rest.toReversed()) {
      const inner = this.#dies.length + 1 + this.#inner.length;
      this.#inner.push(newType(inner, 'array', { target, length }));
      target = inner;
    }
    return newType(id, 'array', { target, length: first });
  }
}

function lengthOf({ attributes: { count, upperBound } }: Die): number {
  return count ?? (upperBound === undefined ? 0 : upperBound + 1);
}

function enumValues({ parts }: Die): Pick<BtfType, 'values' | 'signed'> {
  const values = parts
    .filter(({ tag }) => tag === 'enumerator')
    .map(({ name, attributes }) => ({ name, value: BigInt(attributes.constValue ?? 0) }));
  return { values, signed: values.some(({ value }) => value < 0n) };
}
