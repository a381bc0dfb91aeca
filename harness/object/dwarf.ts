import { ByteReader, type Elf } from './elf.ts';

/** Tags of DWARF that describe types: the numbers of the standard, DWARF 5, 7.5.3. */
export const TAGS = {
  0x01: 'array',
  0x04: 'enum',
  0x0d: 'member',
  0x0f: 'ptr',
  0x13: 'struct',
  0x16: 'typedef',
  0x17: 'union',
  0x21: 'subrange',
  0x24: 'base',
  0x26: 'const',
  0x28: 'enumerator',
  0x35: 'volatile',
  0x37: 'restrict',
} as const;

/** Attributes that types have: DWARF 5, 7.5.4. */
const ATTRIBUTES = {
  0x03: 'name',
  0x0b: 'byteSize',
  0x0c: 'bitOffset',
  0x0d: 'bitSize',
  0x1c: 'constValue',
  0x2f: 'upperBound',
  0x37: 'count',
  0x38: 'location',
  0x3c: 'declaration',
  0x3e: 'encoding',
  0x49: 'type',
  0x6b: 'dataBitOffset',
  0x72: 'strOffsetsBase',
} as const;

type AttributeName = (typeof ATTRIBUTES)[keyof typeof ATTRIBUTES];

type Tag = (typeof TAGS)[keyof typeof TAGS];

/** An entry of `.debug_info` that describes a type or a part of one. */
export interface Die {
  /** From the start of `.debug_info`: what attribute `type` of others refers to. */
  readonly offset: number;
  readonly tag: Tag;
  readonly name: string;
  /** Numbers; references as offsets from the start of `.debug_info`. */
  readonly attributes: Readonly<Partial<Record<AttributeName, number>>>;
  /** Members, ranges and enumerators. */
  readonly parts: Die[];
}

/** Entries that are a part of the one above them. */
const PARTS: ReadonlySet<Tag> = new Set<Tag>(['member', 'subrange', 'enumerator']);

/** The types of all units, wherever they are declared, each with its parts. Throws RangeError for what is cut off or unknown. */
export function readDies(elf: Elf): Die[] {
  const section = (name: string): Buffer =>
    elf.sections.find(one => one.name === name)?.data ?? Buffer.alloc(0);
  const info = section('.debug_info');
  const read = new ByteReader(info, elf.littleEndian);
  const texts: Texts = {
    strings: new ByteReader(section('.debug_str'), elf.littleEndian),
    lineStrings: new ByteReader(section('.debug_line_str'), elf.littleEndian),
    offsets: new ByteReader(section('.debug_str_offsets'), elf.littleEndian),
  };
  const abbreviations = new ByteReader(section('.debug_abbrev'), elf.littleEndian);
  const all: Die[] = [];
  for (let at = 0; at < info.length;) {
    const unit = unitAt(read, at, abbreviations);
    all.push(...unitDies(new Cursor(read, unit.first), unit, texts));
    at = unit.end;
  }
  return all;
}

interface Texts {
  readonly strings: ByteReader;
  readonly lineStrings: ByteReader;
  readonly offsets: ByteReader;
}

interface Unit {
  readonly start: number;
  /** The first entry. */
  readonly first: number;
  readonly end: number;
  readonly version: number;
  readonly addressSize: number;
  readonly abbreviations: ReadonlyMap<number, Abbreviation>;
}

interface Abbreviation {
  readonly tag: number;
  readonly children: boolean;
  readonly attributes: readonly { readonly name: number; readonly form: number; readonly constant: number }[];
}

/** A unit's header: DWARF 5, 7.5.1. Only 32-bit DWARF. */
function unitAt(read: ByteReader, start: number, tables: ByteReader): Unit {
  const length = read.u32(start);
  const end = start + 4 + length;
  const version = read.u16(start + 4);
  if (length >= 0xffff_fff0 || version < 2 || version > 5)
    throw new RangeError(`DWARF of version ${version}`);
  const [sizeAt, tableAt, first] = version === 5 ? [7, 8, 12] : [10, 6, 11];
  return {
    start,
    first: start + first,
    end,
    version,
    addressSize: read.u8(start + sizeAt),
    abbreviations: readAbbreviations(new Cursor(tables, read.u32(start + tableAt))),
  };
}

function readAbbreviations(at: Cursor): Map<number, Abbreviation> {
  const found = new Map<number, Abbreviation>();
  for (let code = at.uleb(); code !== 0; code = at.uleb()) {
    const tag = at.uleb();
    const children = at.u8() !== 0;
    const attributes: Abbreviation['attributes'][number][] = [];
    for (;;) {
      const [name, form] = [at.uleb(), at.uleb()];
      const constant = form === IMPLICIT_CONST ? at.sleb() : 0;
      if (name === 0 && form === 0) break;
      attributes.push({ name, form, constant });
    }
    found.set(code, { tag, children, attributes });
  }
  return found;
}

function unitDies(at: Cursor, unit: Unit, texts: Texts): Die[] {
  const types: Die[] = [];
  /** The parts of each entry that is not closed. */
  const open: Die[][] = [[]];
  let base = unit.version === 5 ? 8 : 0;
  while (at.position < unit.end && open.length > 0) {
    const offset = at.position;
    const abbreviation = unit.abbreviations.get(at.uleb());
    if (abbreviation === undefined) {
      open.pop();
      continue;
    }
    const attributes: Partial<Record<AttributeName, number>> = {};
    let name = '';
    for (const { name: number, form, constant } of abbreviation.attributes) {
      const value = readForm(at, form, unit, constant);
      const attribute = (ATTRIBUTES as Readonly<Record<number, AttributeName>>)[number];
      if (attribute === 'name') name = textOf(value, texts, base);
      else if (attribute !== undefined) attributes[attribute] = value.number;
    }
    base = attributes.strOffsetsBase ?? base;
    const tag = (TAGS as Readonly<Record<number, Tag>>)[abbreviation.tag];
    const parts: Die[] = [];
    if (tag !== undefined) {
      const siblings = PARTS.has(tag) ? open.at(-1) : types;
      siblings?.push({ offset, tag, name, attributes, parts });
    }
    if (abbreviation.children) open.push(parts);
  }
  return types;
}

/** A value of an attribute: a number, or where a text is. */
interface FormValue {
  readonly number: number;
  readonly text: 'inline' | 'string' | 'line string' | 'index' | null;
  readonly inline: string;
}

const IMPLICIT_CONST = 0x21;

/** Bytes of a form of fixed size: DWARF 5, 7.5.6. */
const FIXED: Readonly<Record<number, number>> = {
  0x05: 2,
  0x06: 4,
  0x07: 8,
  0x0b: 1,
  0x0c: 1,
  0x10: 4,
  0x11: 1,
  0x12: 2,
  0x13: 4,
  0x14: 8,
  0x17: 4,
  0x1c: 4,
  0x1d: 4,
  0x1e: 16,
  0x20: 8,
  0x25: 1,
  0x26: 2,
  0x27: 3,
  0x28: 4,
  0x29: 1,
  0x2a: 2,
  0x2b: 3,
  0x2c: 4,
  0x0e: 4,
  0x1f: 4,
};

/** Forms of a LEB128 number. */
const LEB = new Set([0x0f, 0x15, 0x1a, 0x1b, 0x22, 0x23]);
/** Forms that refer to an entry of the same unit. */
const IN_UNIT = new Set([0x11, 0x12, 0x13, 0x14, 0x15]);
const TEXTS: Readonly<Record<number, FormValue['text']>> = {
  0x08: 'inline',
  0x0e: 'string',
  0x1f: 'line string',
  0x1a: 'index',
  0x25: 'index',
  0x26: 'index',
  0x27: 'index',
  0x28: 'index',
};

function readForm(at: Cursor, form: number, unit: Unit, constant: number): FormValue {
  const text = TEXTS[form] ?? null;
  if (text === 'inline') return { number: 0, text, inline: at.text() };
  const number = formNumber(at, form, unit, constant);
  return { number: IN_UNIT.has(form) ? unit.start + number : number, text, inline: '' };
}

function formNumber(at: Cursor, form: number, unit: Unit, constant: number): number {
  const fixed = FIXED[form];
  if (fixed !== undefined) return at.uint(fixed);
  if (LEB.has(form)) return at.uleb();
  switch (form) {
    case 0x01:
      return at.uint(unit.addressSize);
    case 0x0d:
      return at.sleb();
    case 0x19:
      return 1;
    case IMPLICIT_CONST:
      return constant;
    case 0x03:
      return at.skip(at.uint(2));
    case 0x04:
      return at.skip(at.uint(4));
    case 0x0a:
      return at.skip(at.uint(1));
    case 0x09:
    case 0x18:
      return at.skip(at.uleb());
    default:
      throw new RangeError(`DWARF form ${form} is unknown`);
  }
}

function textOf(value: FormValue, { strings, lineStrings, offsets }: Texts, base: number): string {
  switch (value.text) {
    case 'inline':
      return value.inline;
    case 'string':
      return strings.text(value.number);
    case 'line string':
      return lineStrings.text(value.number);
    case 'index':
      return strings.text(offsets.u32(base + value.number * 4));
    case null:
      return '';
  }
}

/** A place in a section that moves on with what is read. */
class Cursor {
  position: number;
  readonly #read: ByteReader;

  constructor(read: ByteReader, position: number) {
    this.#read = read;
    this.position = position;
  }

  u8(): number {
    return this.uint(1);
  }

  /** An unsigned number; of more than 6 bytes only its lowest 4. */
  uint(size: number): number {
    let value = 0;
    for (let index = 0; index < size; index += 1) {
      const byte = this.#read.u8(this.position + index);
      const place = this.#read.littleEndian ? index : size - 1 - index;
      if (place < 6) value += byte * 2 ** (8 * place);
    }
    this.position += size;
    return value;
  }

  uleb(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8();
      if (shift < 49) value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  sleb(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8();
      if (shift < 49) value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return (byte & 0x40) === 0 ? value : value - 2 ** (shift + 7);
    }
  }

  skip(bytes: number): number {
    this.position += bytes;
    return 0;
  }

  text(): string {
    const start = this.position;
    while (this.u8() !== 0);
    return this.#read.text(start);
  }
}
