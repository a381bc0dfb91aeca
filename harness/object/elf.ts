import { BpfrigError } from '../util/errors.ts';

/**
 * A reader of ELF64 relocatable objects, both byte orders: just what a BPF object has (sections, symbols, relocations).
 *
 * Why not `llvm-readobj` or `bpftool btf dump`: each is a process of 30 to 60 ms per object and cell, llvm-readobj's JSON differs
 * between LLVM releases, and bpftool does not show relocations, which show which maps a program uses. The format itself
 * has been fixed since 1997: System V ABI, chapter 4.
 */
export interface Elf {
  readonly littleEndian: boolean;
  readonly sections: readonly ElfSection[];
  readonly symbols: readonly ElfSymbol[];
}

/** A section of an object. */
export interface ElfSection {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  /** Has SHF_EXECINSTR. */
  readonly executable: boolean;
  readonly size: number;
  /** Empty for SHT_NOBITS (`.bss`). */
  readonly data: Buffer;
  /** Relocations of this section, in the order of the file. */
  readonly relocations: readonly ElfRelocation[];
}

/** A symbol: a function, a variable, a section. */
export interface ElfSymbol {
  readonly name: string;
  /** Index of the section, 0 for an undefined symbol. */
  readonly section: number;
  readonly value: number;
  readonly size: number;
  readonly kind: 'none' | 'object' | 'function' | 'section' | 'file' | 'other';
  readonly local: boolean;
}

/** A place in a section that refers to a symbol. */
export interface ElfRelocation {
  /** In the section that is relocated, in bytes. */
  readonly offset: number;
  readonly symbol: ElfSymbol;
  /** Of SHT_RELA; 0 for SHT_REL, whose addend is in the place itself. */
  readonly addend: number;
}

const EM_BPF = 247;
const ET_REL = 1;
const SHT = { null: 0, symtab: 2, rela: 4, nobits: 8, rel: 9 } as const;
const SHF_EXECINSTR = 4;
const KINDS = ['none', 'object', 'function', 'section', 'file'] as const;

/** Names of the machines that are seen by mistake: include/uapi/linux/elf-em.h. */
const MACHINES: Readonly<Record<number, string>> = {
  3: 'x86 (32 bits)',
  40: 'ARM (32 bits)',
  62: 'x86-64',
  183: 'arm64',
  243: 'RISC-V',
  258: 'LoongArch',
};

/** Bytes of a name: symbols of C++ and Rust have hundreds. */
const LONGEST_NAME = 4096;

interface SectionHeader {
  readonly name: number;
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly entrySize: number;
}

/** Reads integers in the byte order of a file. */
export class ByteReader {
  readonly #bytes: Buffer;
  readonly littleEndian: boolean;

  constructor(bytes: Buffer, littleEndian: boolean) {
    this.#bytes = bytes;
    this.littleEndian = littleEndian;
  }

  /** Bytes of the file. */
  get length(): number {
    return this.#bytes.length;
  }

  u8(at: number): number {
    return this.#bytes.readUInt8(at);
  }

  u16(at: number): number {
    return this.littleEndian ? this.#bytes.readUInt16LE(at) : this.#bytes.readUInt16BE(at);
  }

  u32(at: number): number {
    return this.littleEndian ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
  }

  i32(at: number): number {
    return this.u32(at) | 0;
  }

  /** As a number: offsets and sizes of a file are far below 2^53. */
  u64(at: number): number {
    return Number(this.littleEndian ? this.#bytes.readBigUInt64LE(at) : this.#bytes.readBigUInt64BE(at));
  }

  i64(at: number): number {
    return Number(this.littleEndian ? this.#bytes.readBigInt64LE(at) : this.#bytes.readBigInt64BE(at));
  }

  /** A NUL-terminated text. Throws RangeError where there is none, or a longer one than any compiler writes. */
  text(at: number): string {
    if (!(at >= 0 && at < this.#bytes.length)) throw new RangeError('a name is beyond the file');
    const near = this.#bytes.subarray(at, at + LONGEST_NAME + 1);
    const end = near.indexOf(0);
    if (end < 0) throw new RangeError(`a name has no end within ${LONGEST_NAME} bytes`);
    return near.toString('utf8', 0, end);
  }
}

/**
 * Reads a BPF object's ELF. `label` names it in messages. Throws `scenario` when the bytes are no ELF object for machine BPF, and
 * says what they are instead.
 */
export function readElf(bytes: Buffer, label: string): Elf {
  checkIdentity(bytes, label);
  const read = new ByteReader(bytes, bytes[5] === 1);
  const machine = read.u16(18);
  if (machine !== EM_BPF) {
    const name = MACHINES[machine] ?? `machine ${machine}`;
    throw notAnObject(label, `is an ELF file for ${name}, not for BPF; compile it with clang -target bpf`);
  }
  if (read.u16(16) !== ET_REL) throw notAnObject(label, 'is an ELF file, but not a relocatable object (.o)');
  try {
    return readSections(bytes, read);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const detail = error.message;
    const text = `${label} is cut off or damaged: its tables end beyond the file or contradict each other`;
    throw new BpfrigError('scenario', text, { detail, cause: error });
  }
}

function checkIdentity(bytes: Buffer, label: string): void {
  if (bytes.subarray(0, 4).toString('latin1') === 'BC\xc0\xde') {
    throw notAnObject(label, 'is LLVM bitcode; finish it with llc -march=bpf -filetype=obj');
  }
  if (bytes.length < 64 || bytes.subarray(0, 4).toString('latin1') !== '\x7fELF') {
    throw notAnObject(label, 'is not an ELF file');
  }
  if (bytes[4] !== 2) throw notAnObject(label, 'is a 32-bit ELF file, not one for BPF');
}

function notAnObject(label: string, what: string): BpfrigError {
  return new BpfrigError('scenario', `${label} ${what}`);
}

function readSections(bytes: Buffer, read: ByteReader): Elf {
  const headers = readHeaders(read);
  const names = headers[sectionNamesIndex(read, headers)];
  const data = headers.map(({ type, offset, size }) => {
    if (type === SHT.nobits || type === SHT.null) return Buffer.alloc(0);
    if (offset + size > bytes.length) throw new RangeError('a section ends beyond the file');
    return bytes.subarray(offset, offset + size);
  });
  // Sections of an object never share bytes. Thousands that do would make every reader below take hours.
  const total = data.reduce((sum, { length }) => sum + length, 0);
  if (total > bytes.length) throw new RangeError('sections overlap');
  const symbols = readSymbols(read, headers);
  const relocations = readRelocations(read, headers, symbols);
  const sections = headers.map((header, index) => ({
    index,
    name: names === undefined ? '' : read.text(names.offset + header.name),
    type: header.type,
    executable: (header.flags & SHF_EXECINSTR) !== 0,
    size: header.size,
    data: data[index] ?? Buffer.alloc(0),
    relocations: relocations.get(index) ?? [],
  }));
  return { littleEndian: read.littleEndian, sections, symbols };
}

/** sizeof(Elf64_Shdr). */
const HEADER_BYTES = 64;

function readHeaders(read: ByteReader): SectionHeader[] {
  const start = read.u64(40);
  if (start === 0) return [];
  const size = read.u16(58);
  // With more than 65279 sections the number is in the first header.
  const count = read.u16(60) || read.u64(start + 32);
  if (size < HEADER_BYTES) throw new RangeError(`a section header has ${size} bytes`);
  if (start + count * size > read.length) throw new RangeError('the section headers end beyond the file');
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * size;
    return {
      name: read.u32(at),
      type: read.u32(at + 4),
      flags: read.u64(at + 8),
      offset: read.u64(at + 24),
      size: read.u64(at + 32),
      link: read.u32(at + 40),
      info: read.u32(at + 44),
      entrySize: read.u64(at + 56),
    };
  });
}

function sectionNamesIndex(read: ByteReader, headers: readonly SectionHeader[]): number {
  const index = read.u16(62);
  const SHN_XINDEX = 0xffff;
  return index === SHN_XINDEX ? (headers[0]?.link ?? 0) : index;
}

function readSymbols(read: ByteReader, headers: readonly SectionHeader[]): ElfSymbol[] {
  const table = headers.find(({ type }) => type === SHT.symtab);
  if (table === undefined) return [];
  if (table.offset + table.size > read.length) throw new RangeError('the symbols end beyond the file');
  const names = headers[table.link]?.offset ?? 0;
  return Array.from({ length: Math.floor(table.size / 24) }, (_, index) => {
    const at = table.offset + index * 24;
    const info = read.u8(at + 4);
    return {
      name: read.text(names + read.u32(at)),
      kind: KINDS[info & 0xf] ?? 'other',
      local: info >> 4 === 0,
      section: read.u16(at + 6),
      value: read.u64(at + 8),
      size: read.u64(at + 16),
    };
  });
}

/** By the index of the section that they are for. */
function readRelocations(
  read: ByteReader,
  headers: readonly SectionHeader[],
  symbols: readonly ElfSymbol[],
): Map<number, ElfRelocation[]> {
  const found = new Map<number, ElfRelocation[]>();
  for (const { type, offset, size, info } of headers) {
    if (type !== SHT.rel && type !== SHT.rela) continue;
    const entrySize = type === SHT.rel ? 16 : 24;
    const list = found.get(info) ?? [];
    for (let at = offset; at + entrySize <= offset + size; at += entrySize) {
      // r_info: the symbol is its upper half.
      const symbol = symbols[Math.floor(read.u64(at + 8) / 2 ** 32)];
      if (symbol === undefined) throw new RangeError('relocation to a symbol that does not exist');
      list.push({ offset: read.u64(at), symbol, addend: type === SHT.rela ? read.i64(at + 16) : 0 });
    }
    found.set(info, list);
  }
  return found;
}
