import type { HostFacts, KernelColumn } from './events.ts';

/**
 * The outcome of one program on one kernel. `refused`: a system call failed. `unloadable`: libbpf found something missing on this kernel
 * and did not ask it. `crashed`: the kernel panicked or hung over it. `skipped`: only a loader of its own can load it, on any kernel. `lost`: the
 * host took the answer.
 */
export const LOAD_STATES = ['loaded', 'refused', 'unloadable', 'crashed', 'skipped', 'lost'] as const;

/** One of `LOAD_STATES`. */
export type LoadState = (typeof LOAD_STATES)[number];

/** Figures of a program, by veristat's names where it has them; null for what the kernel does not say. */
export interface LoadFigures {
  /** What the kernel keeps (bpf_prog_info), since 5.16. */
  readonly verified_insns: number | null;
  /** Instructions that the verifier walked, by its log. */
  readonly total_insns: number | null;
  readonly total_states: number | null;
  readonly peak_states: number | null;
  readonly max_states_per_insn: number | null;
  readonly max_mark_read_len: number | null;
  /** Bytes. */
  readonly stack_depth: number | null;
  /** Microseconds in the verifier, under this accelerator. */
  readonly duration: number | null;
  /** Instructions as libbpf passes them to the kernel. */
  readonly prog_size: number;
  /** Bytes after the verifier's rewriting. */
  readonly xlated_bytes: number | null;
  /** Bytes of machine code. */
  readonly prog_size_jited: number | null;
  /** Numbers of enum bpf_prog_type and bpf_attach_type. */
  readonly prog_type: number;
  readonly attach_type: number;
}

/** One program on one kernel. */
export interface LoadCell {
  readonly kernel: string;
  readonly file_name: string;
  readonly prog_name: string;
  readonly state: LoadState;
  /** One line; '' for a program that was loaded. */
  readonly reason: string;
  /** The system call that failed, `bpf(BPF_PROG_LOAD)`, and its errno; null where none did. */
  readonly call: string | null;
  readonly errno: string | null;
  /** The source at which the verifier stopped, and `FILE:LINE` where the kernel says it. */
  readonly source: string | null;
  readonly place: string | null;
  /** The last lines of the verifier's log, or libbpf's words, or the console; [] for a program that was loaded. */
  readonly lines: readonly string[];
  /** Null where the verifier was not asked. */
  readonly figures: LoadFigures | null;
}

/** A program of an object. */
export interface LoadProgram {
  readonly prog_name: string;
  /** As written, `?` included. */
  readonly section: string;
  /** False: `SEC("?…")`, which the object's own loader has to ask for. */
  readonly autoload: boolean;
}

/** An object, or a file that was to become one. */
export interface LoadedObject {
  /** Unique in the report: the file's name, or its path below the folder that was named. */
  readonly file_name: string;
  readonly path: string;
  /** Why no kernel was asked; null for an object that is fine. */
  readonly problem: string | null;
  readonly programs: readonly LoadProgram[];
}

/** A kernel of a report. */
export interface LoadKernel {
  readonly id: string;
  /** Null for one that is unavailable. */
  readonly kernel: KernelColumn | null;
  /** Why it is unavailable; null for one that was asked. */
  readonly problem: string | null;
}

/** Version of the shape of a report. */
export const LOAD_SCHEMA = 1;

/** Every program of some objects on every kernel: what `bpfrig load --json` writes. */
export interface LoadReport {
  readonly schema: number;
  readonly kind: 'load';
  readonly startedAt: string;
  readonly durationMs: number;
  readonly host: HostFacts;
  readonly kernels: readonly LoadKernel[];
  readonly objects: readonly LoadedObject[];
  /** Kernel by kernel, programs in the order of `objects`. */
  readonly cells: readonly LoadCell[];
  readonly exitCode: number;
}

/** The figure that a cell shows: what the kernel keeps, and before 5.16 what its log says. Null without one. */
export function insnsOf({ figures }: LoadCell): number | null {
  return figures === null ? null : (figures.verified_insns ?? figures.total_insns);
}
