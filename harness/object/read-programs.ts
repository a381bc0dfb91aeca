import { groupBy } from '../util/group-by.ts';
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
  refuseOverlap(code);
  const links = new Links(code, maps, elf);
  return code
    .filter(({ symbol, section }) => section.name !== '.text' && !symbol.local)
    .toSorted((a, b) => a.section.index - b.section.index || a.symbol.value - b.symbol.value)
    .map(program => {
      const used = mapsOf(program, links);
      return {
        name: program.symbol.name,
        section: program.section.name,
        autoload: !program.section.name.startsWith('?'),
        insns: program.symbol.size / INSN,
        maps: maps.filter(one => used.has(one)).map(({ map }) => map.name),
      };
    });
}

/** More functions than any object has: the time to follow their calls grows with the square of their number. */
const MOST_FUNCTIONS = 5000;

/**
 * Throws RangeError when functions have more bytes together than their sections, which thousands of symbols for the same instructions
 * would make a matter of hours, or when there are too many.
 */
function refuseOverlap(code: readonly Code[]): void {
  if (code.length > MOST_FUNCTIONS) throw new RangeError(`more than ${MOST_FUNCTIONS} functions`);
  const sections = new Set(code.map(({ section }) => section));
  const room = [...sections].reduce((sum, { size }) => sum + size, 0);
  const taken = code.reduce((sum, { symbol }) => sum + symbol.size, 0);
  // Twice: a compiler may give a function a second name.
  if (taken > 2 * room) throw new RangeError('functions overlap');
}

/** Maps that a program refers to, itself or in what it calls. */
function mapsOf(program: Code, links: Links): Set<PlacedMap> {
  const used = new Set<PlacedMap>();
  const seen = new Set<Code>([program]);
  // A set is iterated over what is added on the way, too.
  for (const one of seen) {
    const { maps, callees } = links.of(one);
    for (const map of maps) used.add(map);
    for (const callee of callees) seen.add(callee);
  }
  return used;
}

/** What one function refers to. */
interface Link {
  readonly maps: ReadonlySet<PlacedMap>;
  readonly callees: ReadonlySet<Code>;
}

/** The maps and functions that each function refers to itself, found once. */
class Links {
  readonly #known = new Map<Code, Link>();
  readonly #bySection: ReadonlyMap<number, readonly Code[]>;
  readonly #maps: ReadonlyMap<string, PlacedMap>;
  readonly #elf: Elf;

  constructor(code: readonly Code[], maps: readonly PlacedMap[], elf: Elf) {
    this.#bySection = groupBy(code, ({ section }) => section.index);
    this.#maps = new Map(maps.map(map => [placeOf(map), map]));
    this.#elf = elf;
  }

  of(code: Code): Link {
    const known = this.#known.get(code) ?? this.#find(code);
    this.#known.set(code, known);
    return known;
  }

  #find(code: Code): Link {
    // A loop calls the same function over and over.
    const places = new Map(targetsOf(code, this.#elf).map(target => [placeOf(target), target]));
    return {
      maps: new Set([...places.keys()].flatMap(place => this.#maps.get(place) ?? [])),
      callees: new Set([...places.values()].flatMap(target => this.#functionAt(target) ?? [])),
    };
  }

  #functionAt({ section, offset }: Place): Code | undefined {
    return this.#bySection
      .get(section)
      ?.find(({ symbol }) => offset >= symbol.value && offset < symbol.value + symbol.size);
  }
}

/** A place in a section, in bytes from its start. */
interface Place {
  readonly section: number;
  readonly offset: number;
}

function placeOf({ section, offset }: Place): string {
  return `${section}:${offset}`;
}

/** Places that a function's instructions refer to: by a relocation, or by a call within the section, which has none. */
function targetsOf({ symbol, section }: Code, elf: Elf): Place[] {
  const read = new ByteReader(section.data, elf.littleEndian);
  const end = symbol.value + symbol.size;
  const relocated = new Map(section.relocations.map(one => [one.offset, one]));
  const targets: Place[] = [];
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
