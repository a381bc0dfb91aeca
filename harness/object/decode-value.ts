import { wholeNumber, type Value } from '../model/counters.ts';
import { BpfrigError } from '../util/errors.ts';
import { readBits } from './bits.ts';
import type { Btf, BtfType } from './btf.ts';

/**
 * Shows the bytes of a value by its type: integers and pointers as numbers (those beyond 2^53 as {@link wholeNumber} has it), `bool` as a
 * boolean, an enum as the name of its value or as the number in a text, `char[]` as the text up to the first NUL with `\xNN` for what is
 * not printable, other arrays as lists, structs and unions as mappings with the members of anonymous ones among their own. An address is
 * what its type is: `__be32` the number that the guest reads from memory, `__u8[16]` a list. A part of a value that has too many parts of
 * its own is a text `0x…`. `bytes` may be longer than the type. Throws `scenario` when they are shorter.
 */
export function decodeValue(btf: Btf, typeId: number, bytes: Buffer, littleEndian: boolean): Value {
  const size = btf.sizeOf(typeId);
  if (bytes.length < size) {
    const text = `a value of ${btf.nameOf(typeId)} has ${bytes.length} bytes, not ${size}`;
    throw new BpfrigError('scenario', text);
  }
  return new Decoder(btf, littleEndian).decode(typeId, bytes.subarray(0, size));
}

/** Elements of an array that are shown one by one: more are hex. */
const MOST_ELEMENTS = 4096;

/** Parts of a value that are shown one by one. Unions of unions double with each level. */
const MOST_PARTS = 65_536;

/** How many parts each type has, by its id: a map's entries are decoded one by one. */
const PARTS = new WeakMap<Btf, Map<number, number>>();

class Decoder {
  readonly #btf: Btf;
  readonly #littleEndian: boolean;
  readonly #parts: Map<number, number>;

  constructor(btf: Btf, littleEndian: boolean) {
    this.#btf = btf;
    this.#littleEndian = littleEndian;
    this.#parts = PARTS.get(btf) ?? new Map<number, number>();
    PARTS.set(btf, this.#parts);
  }

  decode(typeId: number, bytes: Buffer): Value {
    const type = this.#btf.resolve(typeId);
    // Only a type that is too large counts as one part although it has some.
    if (this.#isHex(type)) return hex(bytes);
    switch (type.kind) {
      case 'int':
      case 'enum':
      case 'enum64':
      case 'ptr':
        return this.#number(type, bytes, 0, this.#btf.sizeOf(type.id) * 8);
      case 'float':
        return float(bytes, this.#littleEndian);
      case 'array':
        return this.#array(type, bytes);
      case 'struct':
      case 'union':
        return this.#members(type, bytes);
      default:
        return hex(bytes);
    }
  }

  #number(type: BtfType, bytes: Buffer, offset: number, size: number): Value {
    const unsigned = readBits(bytes, { offset, size, littleEndian: this.#littleEndian });
    const value = type.signed ? BigInt.asIntN(size, unsigned) : unsigned;
    if (type.kind === 'enum' || type.kind === 'enum64') {
      const named = type.values.find(one => BigInt.asUintN(size, one.value) === unsigned);
      return named?.name ?? String(value);
    }
    return type.boolean ? value !== 0n : wholeNumber(value);
  }

  #array(type: BtfType, bytes: Buffer): Value {
    if (isChar(this.#btf.resolve(type.target))) return charText(bytes);
    const size = this.#btf.sizeOf(type.target);
    return Array.from({ length: type.length }, (_, index) =>
      this.decode(type.target, bytes.subarray(index * size, (index + 1) * size)),
    );
  }

  #members(type: BtfType, bytes: Buffer): { readonly [name: string]: Value } {
    // Object.fromEntries: a member may be called __proto__.
    return Object.fromEntries(
      type.members.flatMap((member): [string, Value][] => {
        const inner = this.#btf.resolve(member.type);
        if (member.bitSize > 0)
          return member.name === ''
            ? []
            : [[member.name, this.#number(inner, bytes, member.bitOffset, member.bitSize)]];
        const from = member.bitOffset / 8;
        const value = this.decode(member.type, bytes.subarray(from, from + this.#btf.sizeOf(member.type)));
        if (member.name !== '') return [[member.name, value]];
        return isMapping(value) ? Object.entries(value) : [];
      }),
    );
  }

  #isHex(type: BtfType): boolean {
    if (type.kind === 'array') {
      if (isChar(this.#btf.resolve(type.target))) return type.length > MOST_PARTS;
      return type.length * this.#partsOf(type.target) > MOST_ELEMENTS;
    }
    return type.members.reduce((sum, member) => sum + this.#partsOf(member.type), 0) > MOST_PARTS;
  }

  /** How many values a value is made of; 1 for one that is shown as hex. */
  #partsOf(typeId: number): number {
    const type = this.#btf.resolve(typeId);
    const known = this.#parts.get(type.id);
    if (known !== undefined) return known;
    const inner =
      type.kind === 'array'
        ? type.length * this.#partsOf(type.target)
        : type.members.reduce((sum, member) => sum + this.#partsOf(member.type), 0);
    const parts = this.#isHex(type) ? 1 : Math.max(1, inner);
    this.#parts.set(type.id, parts);
    return parts;
  }
}

/** Whether a type is C's plain `char`, which makes an array a text. `unsigned char` and `signed char` are numbers. */
export function isChar({ kind, name, size }: BtfType): boolean {
  return kind === 'int' && name === 'char' && size === 1;
}

/** A text of bytes: UTF-8 up to the first NUL. */
function charText(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  const text = end < 0 ? bytes : bytes.subarray(0, end);
  const utf8 = text.toString('utf8');
  const whole = Buffer.from(utf8, 'utf8').equals(text) ? utf8 : text.toString('latin1');
  const special = whole === utf8 ? CONTROL : NOT_ASCII;
  return whole.replaceAll(special, char => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

const CONTROL = /\p{Cc}/gu;
const NOT_ASCII = /[^\u0020-\u007e]/g;

function float(bytes: Buffer, littleEndian: boolean): Value {
  const read = {
    4: () => (littleEndian ? bytes.readFloatLE() : bytes.readFloatBE()),
    8: () => (littleEndian ? bytes.readDoubleLE() : bytes.readDoubleBE()),
  }[bytes.length];
  const value = read?.();
  if (value === undefined) return hex(bytes);
  // JSON has no NaN and no infinity.
  return Number.isFinite(value) ? value : String(value);
}

function hex(bytes: Buffer): string {
  return `0x${bytes.toString('hex')}`;
}

function isMapping(value: Value): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
