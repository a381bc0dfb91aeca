/** A line of /proc/kallsyms. */
export interface KernelSymbol {
  readonly address: bigint;
  readonly name: string;
  /** In a section with code, by its letter as nm(1) has them; a weak symbol that is no object is a function. */
  readonly code: boolean;
}

/** Below it are per-CPU variables, whose addresses are offsets: the upper half of the address space is the kernel's. */
const LOWEST = 1n << 63n;

/** The symbols of /proc/kallsyms that have an address of their own, in the order of their addresses; of its modules too. */
export function parseKallsyms(text: string): KernelSymbol[] {
  const symbols = Array.from(text.matchAll(/^([0-9a-f]{8,16}) ([A-Za-z]) (\S+)/gm), line => {
    const [, hex = '0', letter = '', name = ''] = line;
    return { address: BigInt(`0x${hex}`), name, code: /[tTwW]/.test(letter) };
  });
  return symbols
    .filter(({ address }) => address >= LOWEST)
    .toSorted((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
}

/** A stretch of symbols that are all code, or all data. */
interface Stretch {
  readonly code: boolean;
  readonly start: bigint;
  end: bigint;
}

/** Sizes of ELF64's structures, and the numbers of which a file of symbols needs some: elf(5). */
const ELF = { headerBytes: 64, sectionBytes: 64, symbolBytes: 24, executable: 2, current: 1 } as const;
const SECTION = { symbols: 2, strings: 3, noBits: 8, write: 1n, alloc: 2n, execute: 4n } as const;
const SYMBOL = { global: 1, object: 1, function: 2 } as const;

/** EM_X86_64. */
const MACHINE = 62;

/** What a file has before its stretches: the empty section, then strings of its own, names of symbols, symbols. */
const FIXED = 4;

/**
 * An ELF64 file that has nothing but symbols, at the addresses where they are in a guest: what a debugger takes for a kernel that came
 * without debug information, and for its modules at the same time. Functions and variables are in different sections, which have no content.
 */
export function symbolFile(symbols: readonly KernelSymbol[]): Buffer {
  const stretches = stretchesOf(symbols);
  const names = stringTable(symbols.map(({ name }) => name));
  const labels = stringTable(['.shstrtab', '.strtab', '.symtab', '.text', '.data']);
  const at = { labels: ELF.headerBytes, names: 0, symbols: 0, sections: 0 };
  at.names = at.labels + labels.bytes.length;
  at.symbols = at.names + names.bytes.length;
  at.sections = at.symbols + (symbols.length + 1) * ELF.symbolBytes;
  const sections = [
    section({}),
    section({ name: labels.at[0], type: SECTION.strings, offset: at.labels, size: labels.bytes.length }),
    section({ name: labels.at[1], type: SECTION.strings, offset: at.names, size: names.bytes.length }),
    section({
      name: labels.at[2],
      type: SECTION.symbols,
      offset: at.symbols,
      size: at.sections - at.symbols,
      link: 2,
      // The first symbol that is not local.
      info: 1,
      entry: ELF.symbolBytes,
    }),
    ...stretches.map(({ code, start, end }) =>
      section({
        name: labels.at[code ? 3 : 4],
        type: SECTION.noBits,
        flags: SECTION.alloc | (code ? SECTION.execute : SECTION.write),
        address: start,
        size: Number(end - start),
      }),
    ),
  ];
  return Buffer.concat([
    header(at.sections, sections.length),
    labels.bytes,
    names.bytes,
    symbolTable(symbols, names.at, stretches),
    ...sections,
  ]);
}

function stretchesOf(symbols: readonly KernelSymbol[]): Stretch[] {
  const stretches: Stretch[] = [];
  for (const { address, code } of symbols) {
    const last = stretches.at(-1);
    if (last !== undefined) last.end = address > last.start ? address : last.start + 1n;
    if (last?.code !== code) stretches.push({ code, start: address, end: address + 1n });
  }
  return stretches;
}

function header(sectionsAt: number, count: number): Buffer {
  const bytes = Buffer.alloc(ELF.headerBytes);
  bytes.write('\x7fELF\x02\x01\x01', 'latin1');
  bytes.writeUInt16LE(ELF.executable, 16);
  bytes.writeUInt16LE(MACHINE, 18);
  bytes.writeUInt32LE(ELF.current, 20);
  bytes.writeBigUInt64LE(BigInt(sectionsAt), 40);
  bytes.writeUInt16LE(ELF.headerBytes, 52);
  bytes.writeUInt16LE(ELF.sectionBytes, 58);
  bytes.writeUInt16LE(count, 60);
  bytes.writeUInt16LE(1, 62);
  return bytes;
}

interface SectionFields {
  readonly name?: number | undefined;
  readonly type?: number;
  readonly flags?: bigint;
  readonly address?: bigint;
  readonly offset?: number;
  readonly size?: number;
  readonly link?: number;
  readonly info?: number;
  readonly entry?: number;
}

function section(fields: SectionFields): Buffer {
  const { name = 0, type = 0, flags = 0n, address = 0n, offset = 0, size = 0 } = fields;
  const { link = 0, info = 0, entry = 0 } = fields;
  const bytes = Buffer.alloc(ELF.sectionBytes);
  bytes.writeUInt32LE(name, 0);
  bytes.writeUInt32LE(type, 4);
  bytes.writeBigUInt64LE(flags, 8);
  bytes.writeBigUInt64LE(address, 16);
  bytes.writeBigUInt64LE(BigInt(offset), 24);
  bytes.writeBigUInt64LE(BigInt(size), 32);
  bytes.writeUInt32LE(link, 40);
  bytes.writeUInt32LE(info, 44);
  bytes.writeBigUInt64LE(1n, 48);
  bytes.writeBigUInt64LE(BigInt(entry), 56);
  return bytes;
}

function symbolTable(
  symbols: readonly KernelSymbol[],
  names: readonly number[],
  stretches: readonly Stretch[],
): Buffer {
  const bytes = Buffer.alloc((symbols.length + 1) * ELF.symbolBytes);
  let stretch = 0;
  for (const [index, { address, code }] of symbols.entries()) {
    if (stretches[stretch]?.code !== code) stretch += 1;
    const at = (index + 1) * ELF.symbolBytes;
    bytes.writeUInt32LE(names[index] ?? 0, at);
    bytes.writeUInt8((SYMBOL.global << 4) | (code ? SYMBOL.function : SYMBOL.object), at + 4);
    bytes.writeUInt16LE(FIXED + stretch, at + 6);
    bytes.writeBigUInt64LE(address, at + 8);
  }
  return bytes;
}

/** Texts with a NUL behind each, as ELF has them, and where each is. */
function stringTable(texts: readonly string[]): { readonly bytes: Buffer; readonly at: readonly number[] } {
  const parts = texts.map(text => Buffer.from(`${text}\0`));
  let next = 1;
  const at = parts.map(({ length }) => (next += length) - length);
  return { bytes: Buffer.concat([Buffer.alloc(1), ...parts]), at };
}
