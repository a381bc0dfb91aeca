import { ByteReader, type Elf, type ElfSection, type ElfSymbol } from './elf.ts';
import type { BpfProgram } from './object.ts';
import type { PlacedMap } from './read-maps.ts';

const INSN = 8;
/** BPF_JMP | BPF_CALL and the src_reg that make a call of another BPF function: include/uapi/linux/bpf.h. */
const CALL = 0x85;
const PSEUDO_CALL = 1;
const LD_IMM64 = 0x18;

/** One function: the range of its section that its symbol covers. */
interface Code {
  readonly symbol: ElfSymbol;
  readonly section: ElfSection;
}

/**
 * The programs of an object, as libbpf finds them: function symbols in executable sections other than `.text`, whose functions are
 * subprograms. Static functions outside `.text` are no programs.
 */
export function readPrograms(elf: Elf, maps: readonly PlacedMap[]): BpfProgram[] {
  const code = elf.symbols.flatMap((symbol): Code[] => {
    const section = elf.sections[symbol.section];
    return symbol.kind === 'function' && section?.executable === true ? [{ symbol, section }] : [];
  });
  return code
    .filter(({ symbol, section }) => section.name !== '.text' && !symbol.local)
    .toSorted((a, b) => a.section.index - b.section.index || a.symbol.value - b.symbol.value)
    .map(program => {
      const used = mapsOf(program, code, maps, elf);
      return {
        name: program.symbol.name,
        section: program.section.name,
        autoload: !program.section.name.startsWith('?'),
        insns: program.symbol.size / INSN,
        maps: maps.filter(one => used.has(one)).map(({ map }) => map.name),
      };
    });
}

/** Maps that a program refers to, itself or in what it calls. */
function mapsOf(program: Code, code: readonly Code[], maps: readonly PlacedMap[], elf: Elf): Set<PlacedMap> {
  const used = new Set<PlacedMap>();
  const seen = new Set<Code>([program]);
  // A set is iterated over what is added on the way, too.
  for (const one of seen) {
    for (const target of targetsOf(one, elf)) {
      const map = maps.find(({ section, offset }) => section === target.section && offset === target.offset);
      if (map !== undefined) used.add(map);
      const callee = code.find(
        ({ symbol, section }) =>
          section.index === target.section &&
          target.offset >= symbol.value &&
          target.offset < symbol.value + symbol.size,
      );
      if (callee !== undefined) seen.add(callee);
    }
  }
  return used;
}

/** Places that a function's instructions refer to: by a relocation, or by a call within the section, which has none. */
function targetsOf({ symbol, section }: Code, elf: Elf): { section: number; offset: number }[] {
  const read = new ByteReader(section.data, elf.littleEndian);
  const end = symbol.value + symbol.size;
  const relocated = new Map(section.relocations.map(one => [one.offset, one]));
  const targets: { section: number; offset: number }[] = [];
  for (let at = symbol.value; at < end; at += INSN) {
    const opcode = read.u8(at);
    const immediate = read.i32(at + 4);
    const call = opcode === CALL && sourceRegister(read, at) === PSEUDO_CALL;
    const relocation = relocated.get(at);
    if (relocation !== undefined) {
      // A call counts instructions from the next one: -1 is the symbol itself.
      const inPlace = call ? (immediate + 1) * INSN : immediate;
      const offset = relocation.symbol.value + relocation.addend + (relocation.addend === 0 ? inPlace : 0);
      targets.push({ section: relocation.symbol.section, offset });
    } else if (call) {
      targets.push({ section: section.index, offset: at + (immediate + 1) * INSN });
    }
    if (opcode === LD_IMM64) at += INSN;
  }
  return targets;
}

/** The two registers share a byte, the other way round on big-endian targets. */
function sourceRegister(read: ByteReader, at: number): number {
  const registers = read.u8(at + 1);
  return read.littleEndian ? registers >> 4 : registers & 0xf;
}
