import { largeInteger } from '../model/counters.ts';
import { parseIp, parseMac } from '../util/addresses.ts';
import { BpfrigError } from '../util/errors.ts';
import { didYouMean } from '../util/nearest.ts';
import { writeBits } from './bits.ts';
import type { Btf, BtfMember, BtfType } from './btf.ts';
import { isChar } from './decode-value.ts';

/**
 * The bytes of a value by its type. What it takes, by kind:
 *
 * - integers and pointers: numbers, booleans, and texts of decimal or `0x` digits, which are exact beyond 2^53
 * - `bool`: true, false, 1, 0 · enums: a name or a number · floats: numbers
 * - `char[]`: a text; other arrays: a list, whose missing elements are 0
 * - structs and unions: a mapping by the members' names, those of anonymous members among them; missing members are 0
 * - whatever has 4, 16 or 6 bytes: `198.18.0.1`, `fd00::1` (not `char[16]`), `52:54:00:12:34:56`, in network order
 * - whatever is no number: `0x…` with exactly its bytes as they are in memory
 *
 * Throws `scenario` for a value that does not fit; `where` is what the message begins with: `entries[3].value`.
 */
export function encodeValue(
  btf: Btf,
  typeId: number,
  value: unknown,
  where: string,
  littleEndian: boolean,
): Buffer {
  const size = btf.sizeOf(typeId);
  if (size > LARGEST) throw problem(where, `${btf.nameOf(typeId)} has more than ${LARGEST} bytes`);
  return new Encoder(btf, littleEndian).encode(typeId, value, where);
}

/** Bytes of a value: a map's has at most a few MiB, KMALLOC_MAX_SIZE. */
const LARGEST = 16 * 1024 * 1024;

class Encoder {
  readonly #btf: Btf;
  readonly #littleEndian: boolean;

  constructor(btf: Btf, littleEndian: boolean) {
    this.#btf = btf;
    this.#littleEndian = littleEndian;
  }

  encode(typeId: number, value: unknown, where: string): Buffer {
    const type = this.#btf.resolve(typeId);
    const size = this.#btf.sizeOf(typeId);
    const what = this.#btf.nameOf(typeId);
    if (value === undefined || value === null) throw problem(where, `has no value; it is ${what}`);
    const address = typeof value === 'string' ? this.#address(value, type, size) : null;
    if (address !== null) return address;
    switch (type.kind) {
      case 'int':
      case 'enum':
      case 'enum64':
      case 'ptr':
        return this.#number(type, value, { where, what, bits: size * 8 });
      case 'float':
        return this.#float(value, size, { where, what });
      case 'array':
        return rawBytes(value, size, where, what) ?? this.#array(type, value, size, { where, what });
      case 'struct':
      case 'union':
        return rawBytes(value, size, where, what) ?? this.#members(type, value, size, { where, what });
      default:
        throw problem(where, `${what} takes no value`);
    }
  }

  /** An address in network order, where its size is that of the type; null for any other text. */
  #address(text: string, type: BtfType, size: number): Buffer | null {
    if (type.kind === 'float' || type.kind === 'ptr' || type.boolean) return null;
    // `::1` fits into char[16] as a text.
    if (size === 16 && type.kind === 'array' && isChar(this.#btf.resolve(type.target))) return null;
    const bytes = size === 6 ? parseMac(text) : parseIp(text);
    return bytes?.length === size ? bytes : null;
  }

  #number(type: BtfType, value: unknown, target: Target & { readonly bits: number }): Buffer {
    const bytes = Buffer.alloc(Math.ceil(target.bits / 8));
    const bits = { offset: 0, size: bytes.length * 8, littleEndian: this.#littleEndian };
    writeBits(bytes, bits, numberFor(type, value, target));
    return bytes;
  }

  #float(value: unknown, size: number, { where, what }: Target): Buffer {
    const bytes = Buffer.alloc(size);
    const number = typeof value === 'string' && FLOAT.test(value) ? Number(value) : value;
    if (typeof number !== 'number') throw problem(where, `${show(value)} is no number; it is ${what}`);
    const { length } = bytes;
    if (length !== 4 && length !== 8) throw problem(where, `${what} takes no value: it has ${length} bytes`);
    const names = { 4: 'writeFloat', 8: 'writeDouble' } as const;
    bytes[`${names[length]}${this.#littleEndian ? 'LE' : 'BE'}`](number);
    return bytes;
  }

  #array(type: BtfType, value: unknown, size: number, { where, what }: Target): Buffer {
    const bytes = Buffer.alloc(size);
    if (isChar(this.#btf.resolve(type.target)) && typeof value === 'string') {
      const text = Buffer.from(value, 'utf8');
      if (text.length > size)
        throw problem(where, `${show(value)} has ${text.length} bytes, more than ${what}`);
      text.copy(bytes);
      return bytes;
    }
    if (!Array.isArray(value)) throw problem(where, `${show(value)} is no list; it is ${what}`);
    if (value.length > type.length)
      throw problem(where, `${value.length} elements are more than fit into ${what}`);
    for (const [index, item] of value.entries()) {
      const element = this.encode(type.target, item, `${where}[${index}]`);
      element.copy(bytes, index * element.length);
    }
    return bytes;
  }

  #members(type: BtfType, value: unknown, size: number, { where, what }: Target): Buffer {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw problem(where, `${show(value)} does not give the members of ${what}`);
    const bytes = Buffer.alloc(size);
    const places = new Map(this.#placesOf(type).map(place => [place.member.name, place]));
    const taken: Place[] = [];
    for (const [name, inner] of Object.entries(value)) {
      const place = places.get(name);
      if (place === undefined) {
        const known = [...places.keys()];
        const list = known.length === 0 ? 'none' : known.slice(0, MOST_LISTED).join(', ');
        const more = known.length > MOST_LISTED ? ', …' : '';
        throw problem(
          where,
          `${what} has no member \`${name}\`${didYouMean(name, known)} (has ${list}${more})`,
        );
      }
      const other = taken.find(one => overlap(one, place));
      if (other !== undefined)
        throw problem(
          where,
          `\`${other.member.name}\` and \`${name}\` of ${what} share their memory: give one`,
        );
      taken.push(place);
      this.#put(bytes, place, inner, { where: `${where}.${name}`, what });
    }
    return bytes;
  }

  #put(bytes: Buffer, { member, offset, size }: Place, value: unknown, { where, what }: Target): void {
    if (offset + size > bytes.length * 8)
      throw problem(where, `is beyond ${what}: the object's BTF is damaged`);
    if (member.bitSize === 0) {
      this.encode(member.type, value, where).copy(bytes, offset / 8);
      return;
    }
    const target = { where, what: `${this.#btf.nameOf(member.type)}:${size}`, bits: size };
    const number = numberFor(this.#btf.resolve(member.type), value, target);
    writeBits(bytes, { offset, size, littleEndian: this.#littleEndian }, number);
  }

  /** Every member that can be named, those of anonymous structs and unions too. */
  #placesOf(type: BtfType, from = 0, count = { left: MOST_MEMBERS }): Place[] {
    return type.members.flatMap(member => {
      count.left -= 1;
      // Anonymous unions of anonymous unions double with each level.
      if (count.left < 0) return [];
      const offset = from + member.bitOffset;
      if (member.name !== '') {
        const size = member.bitSize || this.#btf.sizeOf(member.type) * 8;
        return [{ member, offset, size }];
      }
      return this.#placesOf(this.#btf.resolve(member.type), offset, count);
    });
  }
}

/** A number as a text, and what JSON has no number for. */
const FLOAT = /^(?:NaN|-?Infinity|[+-]?\d{1,40}(?:\.\d{0,40})?(?:e[+-]?\d{1,3})?)$/i;

/** Members of one struct with its anonymous ones. */
const MOST_MEMBERS = 65_536;

/** How many names a message lists. */
const MOST_LISTED = 12;

/** What a message says of a place in the value and of its type. */
interface Target {
  readonly where: string;
  readonly what: string;
}

/** A member and its bits in the struct that the scenario sees. */
interface Place {
  readonly member: BtfMember;
  readonly offset: number;
  readonly size: number;
}

function overlap(a: Place, b: Place): boolean {
  return a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}

/** `0x…` with exactly as many bytes as the type; null for what is no such text. */
function rawBytes(value: unknown, size: number, where: string, what: string): Buffer | null {
  if (typeof value !== 'string' || !/^0x(?:[0-9a-f]{2})*$/i.test(value)) return null;
  const bytes = Buffer.from(value.slice(2), 'hex');
  if (bytes.length !== size)
    throw problem(where, `${show(value)} has ${bytes.length} bytes; ${what} has ${size}`);
  return bytes;
}

/** The number that a value is for an integer, a pointer or an enum of `bits` bits. */
function numberFor(
  type: BtfType,
  value: unknown,
  { where, what, bits }: Target & { readonly bits: number },
): bigint {
  const number = type.values.find(({ name }) => name === value)?.value ?? integerOf(value, where);
  if (number === null) {
    const names = type.values.map(({ name }) => name);
    const hint = typeof value === 'string' ? didYouMean(value, names) : '';
    const quad = bits === 32 && typeof value === 'string' && /^\d+(?:\.\d+){3}$/.test(value);
    const address = quad ? 'no IPv4 address and ' : '';
    throw problem(
      where,
      `${show(value)} is ${address}no number${type.kind.startsWith('enum') ? ' and no name of' : '; it is'} ${what}${hint}`,
    );
  }
  const [least, most] = type.boolean
    ? [0n, 1n]
    : type.signed
      ? [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n]
      : [0n, (1n << BigInt(bits)) - 1n];
  if (number < least || number > most) throw problem(where, `${number} does not fit into ${what}`);
  return number;
}

/** Digits of a number that a text may have: no type has more. */
const DIGITS = /^(?:-?\d{1,40}|0x[0-9a-f]{1,32})$/i;

function integerOf(value: unknown, where: string): bigint | null {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'bigint') return value;
  if (typeof value === 'string' && /^(?:true|false)$/.test(value)) return value === 'true' ? 1n : 0n;
  if (typeof value === 'string') return DIGITS.test(value) ? BigInt(value) : null;
  if (typeof value !== 'number') return largeInteger(value);
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw problem(where, `${value} is not exact: put a number beyond 2^53 in quotes`);
  return Number.isInteger(value) ? BigInt(value) : null;
}

/** Longest text of a value in a message. */
const LONGEST = 40;

function show(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}

function problem(where: string, text: string): BpfrigError {
  return new BpfrigError('scenario', `${where}: ${text}`);
}
