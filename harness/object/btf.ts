import { checkReferences } from './btf-references.ts';
import { ByteReader } from './elf.ts';

/** Kinds of BTF types by number: include/uapi/linux/btf.h. */
const BTF_KINDS = [
  'void',
  'int',
  'ptr',
  'array',
  'struct',
  'union',
  'enum',
  'fwd',
  'typedef',
  'volatile',
  'const',
  'restrict',
  'func',
  'func_proto',
  'var',
  'datasec',
  'float',
  'decl_tag',
  'type_tag',
  'enum64',
] as const;

/** The kind of a BTF type. */
export type BtfKind = (typeof BTF_KINDS)[number];

/** A member of a struct or a union. */
export interface BtfMember {
  readonly name: string;
  readonly type: number;
  /** From the start of the struct or union, in bits. */
  readonly bitOffset: number;
  /** Of a bit field, in bits; 0 for other members. */
  readonly bitSize: number;
}

/** One type. Which fields mean something depends on `kind`. */
export interface BtfType {
  readonly id: number;
  readonly kind: BtfKind;
  /** Empty for an anonymous type. */
  readonly name: string;
  /** In bytes: of int, struct, union, enum, float, datasec. */
  readonly size: number;
  /** The type that this one refers to: of ptr, typedef, const, var, func, tags, and an array's element. */
  readonly target: number;
  /** Number of an array's elements. */
  readonly length: number;
  /** Of an int and an enum. */
  readonly signed: boolean;
  /** Of an int: C's `_Bool`. */
  readonly boolean: boolean;
  /** Of a var or a func: 0 static, 1 global, 2 extern. */
  readonly linkage: number;
  /** Types of a func_proto's parameters. */
  readonly parameters: readonly number[];
  /** Of struct and union. */
  readonly members: readonly BtfMember[];
  /** Of a datasec. */
  readonly variables: readonly { readonly type: number; readonly offset: number; readonly size: number }[];
  /** Of enum and enum64. */
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
}

const NOTHING: Omit<BtfType, 'id' | 'kind' | 'name'> = {
  size: 0,
  target: 0,
  length: 0,
  signed: false,
  boolean: false,
  linkage: 0,
  parameters: [],
  members: [],
  variables: [],
  values: [],
};

/** The type of id 0. */
export const VOID: BtfType = { ...NOTHING, id: 0, kind: 'void', name: 'void' };

/** A type of a kind, whose other fields are empty. */
export function newType(id: number, kind: BtfKind, fields: Partial<Omit<BtfType, 'id' | 'kind'>>): BtfType {
  return { ...NOTHING, name: '', ...fields, id, kind };
}

/** The types of one object, by id: section `.BTF`, Documentation/bpf/btf.rst. */
export class Btf {
  readonly types: readonly BtfType[];

  constructor(types: readonly BtfType[]) {
    this.types = types;
  }

  /** A type by its id; `void` for an id that does not exist. */
  type(id: number): BtfType {
    return this.types[id] ?? VOID;
  }

  /** The type behind typedefs, qualifiers and tags. */
  resolve(id: number): BtfType {
    let type = this.type(id);
    // It ends: `checkReferences` has refused what refers to itself.
    while (['typedef', 'volatile', 'const', 'restrict', 'type_tag', 'var'].includes(type.kind))
      type = this.type(type.target);
    return type;
  }

  /** Bytes that a value takes. */
  sizeOf(id: number): number {
    const type = this.resolve(id);
    if (type.kind === 'ptr') return 8;
    return type.kind === 'array' ? type.length * this.sizeOf(type.target) : type.size;
  }

  /** A type as C writes it, without declarator syntax: `struct rule`, `__u32[4]`, `const char *`. */
  nameOf(id: number): string {
    const type = this.type(id);
    switch (type.kind) {
      case 'struct':
      case 'union':
      case 'enum':
      case 'enum64':
        return `${type.kind === 'enum64' ? 'enum' : type.kind} ${type.name || '{…}'}`;
      case 'ptr':
        return `${this.nameOf(type.target)} *`;
      case 'array':
        return `${this.nameOf(type.target)}[${type.length}]`;
      case 'volatile':
      case 'const':
      case 'restrict':
        return `${type.kind} ${this.nameOf(type.target)}`;
      case 'type_tag':
        return this.nameOf(type.target);
      default:
        return type.name || type.kind;
    }
  }
}

/**
 * Reads section `.BTF`. Throws RangeError when it is cut off, when it has a kind that this reader does not know, and when a type refers to
 * one that does not exist or, without a struct in between, to itself.
 */
export function readBtf(data: Buffer): Btf {
  const read = new ByteReader(data, data[0] === 0x9f);
  const header = read.u32(4);
  const start = header + read.u32(8);
  const end = start + read.u32(12);
  const strings = header + read.u32(16);
  const stringsEnd = strings + read.u32(20);
  if (end > data.length || stringsEnd > data.length)
    throw new RangeError('its tables end beyond the section');
  const text = (offset: number): string => {
    if (offset !== 0 && strings + offset >= stringsEnd) throw new RangeError('a name is beyond its strings');
    return offset === 0 ? '' : read.text(strings + offset);
  };
  const types: BtfType[] = [VOID];
  for (let at = start; at < end;) {
    const { type, next } = readType(read, at, types.length, text);
    types.push(type);
    at = next;
  }
  checkReferences(types);
  return new Btf(types);
}

function readType(
  read: ByteReader,
  at: number,
  id: number,
  text: (offset: number) => string,
): { type: BtfType; next: number } {
  const info = read.u32(at + 4);
  const number = (info >>> 24) & 0x1f;
  const kind = BTF_KINDS[number];
  if (kind === undefined) throw new RangeError(`BTF kind ${number} is unknown`);
  const count = info & 0xffff;
  // kind_flag: bit fields of a struct, signedness of an enum.
  const flag = info >>> 31 === 1;
  const sizeOrType = read.u32(at + 8);
  const base: BtfType = { ...NOTHING, id, kind, name: text(read.u32(at)) };
  const body = at + 12;
  const items = <T>(size: number, item: (at: number) => T): T[] =>
    Array.from({ length: count }, (_, index) => item(body + index * size));
  switch (kind) {
    case 'int':
      return {
        type: { ...base, size: sizeOrType, ...encodingOf(read.u32(body)) },
        next: body + 4,
      };
    case 'array':
      return { type: { ...base, target: read.u32(body), length: read.u32(body + 8) }, next: body + 12 };
    case 'struct':
    case 'union': {
      const members = items(12, m => readMember(read, m, flag, text));
      return { type: { ...base, size: sizeOrType, members }, next: body + count * 12 };
    }
    case 'enum': {
      const values = items(8, v => ({
        name: text(read.u32(v)),
        value: BigInt(flag ? read.i32(v + 4) : read.u32(v + 4)),
      }));
      return { type: { ...base, size: sizeOrType, signed: flag, values }, next: body + count * 8 };
    }
    case 'enum64': {
      const values = items(12, v => ({
        name: text(read.u32(v)),
        value: (BigInt(flag ? read.i32(v + 8) : read.u32(v + 8)) << 32n) | BigInt(read.u32(v + 4)),
      }));
      return { type: { ...base, size: sizeOrType, signed: flag, values }, next: body + count * 12 };
    }
    case 'datasec': {
      const variables = items(12, v => ({
        type: read.u32(v),
        offset: read.u32(v + 4),
        size: read.u32(v + 8),
      }));
      return { type: { ...base, size: sizeOrType, variables }, next: body + count * 12 };
    }
    case 'func_proto': {
      const parameters = items(8, p => read.u32(p + 4));
      return { type: { ...base, target: sizeOrType, parameters }, next: body + count * 8 };
    }
    case 'var':
      return { type: { ...base, target: sizeOrType, linkage: read.u32(body) }, next: body + 4 };
    case 'decl_tag':
      return { type: { ...base, target: sizeOrType }, next: body + 4 };
    case 'float':
      return { type: { ...base, size: sizeOrType }, next: body };
    case 'func':
      return { type: { ...base, target: sizeOrType, linkage: count }, next: body };
    default:
      return { type: { ...base, target: sizeOrType }, next: body };
  }
}

/** BTF_INT_ENCODING: BTF_INT_SIGNED is 1, BTF_INT_BOOL is 4. */
function encodingOf(word: number): Pick<BtfType, 'signed' | 'boolean'> {
  const encoding = (word >>> 24) & 0xf;
  return { signed: (encoding & 1) !== 0, boolean: (encoding & 4) !== 0 };
}

function readMember(
  read: ByteReader,
  at: number,
  bitFields: boolean,
  text: (offset: number) => string,
): BtfMember {
  const offset = read.u32(at + 8);
  return {
    name: text(read.u32(at)),
    type: read.u32(at + 4),
    bitOffset: bitFields ? offset & 0xffffff : offset,
    bitSize: bitFields ? offset >>> 24 : 0,
  };
}
