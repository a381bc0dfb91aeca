import type { Btf } from './btf.ts';

/** What a compiled BPF object holds. Read by `readObject`; names are those of the ELF's symbols, as libbpf takes them. */
export interface BpfObject {
  /** What messages call it: a file's name. */
  readonly label: string;
  readonly littleEndian: boolean;
  /** Content of section `license`; null when there is none. */
  readonly license: string | null;
  readonly programs: readonly BpfProgram[];
  readonly maps: readonly BpfMap[];
  readonly globals: readonly BpfGlobal[];
  /** Names of `extern … __kconfig` variables. */
  readonly kconfig: readonly string[];
  /** Null when the object was compiled without `-g`. */
  readonly btf: Btf | null;
  /** Why it can only be loaded where the kernel has BTF, in a few words; null where it can be loaded without. */
  readonly kernelTypes: string | null;
}

/** A program of an object. */
export interface BpfProgram {
  readonly name: string;
  /** The section as written, `?` included: `xdp`, `?tc`, `fentry/do_unlinkat`. */
  readonly section: string;
  /** False when the section begins with `?`: the object's own loader has to ask for the program. */
  readonly autoload: boolean;
  /** Instructions of its own, without those of subprograms, in units of 8 bytes. */
  readonly insns: number;
  /** Maps that it, or a function that it calls, refers to; in the order of {@link BpfObject.maps}. */
  readonly maps: readonly string[];
}

/** A map as an object declares it. */
export interface BpfMap {
  readonly name: string;
  /** libbpf's name of the type, `type 99` when it is newer than bpfrig. */
  readonly type: string;
  readonly typeNumber: number;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes. */
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly numaNode: number | null;
  /** `map_extra`, such as the number of a bloom filter's hash functions; 0 when it is not declared. */
  readonly extra: number;
  /** LIBBPF_PIN_BY_NAME. */
  readonly pinned: boolean;
  /** BTF ids of key and value; null when the declaration has sizes only. */
  readonly keyType: number | null;
  readonly valueType: number | null;
  /** What the entries of a map of maps look like. */
  readonly inner: BpfMap | null;
  /** Symbols that the declaration puts into the map (`.values`): inner maps, or programs of a prog_array. */
  readonly initial: readonly string[];
  /** Declared in section `maps` as a struct bpf_map_def: libbpf does not load it since 1.0. */
  readonly legacy: boolean;
}

/** A global variable. */
export interface BpfGlobal {
  readonly name: string;
  /** `.data`, `.bss`, `.rodata` or one that begins so. */
  readonly section: string;
  /** From the start of the section, in bytes. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** BTF id; null without BTF. */
  readonly type: number | null;
}
