/**
 * A value that an expectation can name. Integers are JS numbers; counts stay far below 2^53. Those of a program's own memory may be
 * beyond: see {@link wholeNumber}.
 */
export type Value = number | string | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/**
 * An integer of any size as a value that JSON keeps: beyond 2^53 in decimal, as `{ int: '18446744073709551615' }`. `int` is a word of
 * C, so no struct has a member of that name.
 */
export function wholeNumber(value: bigint): number | { readonly int: string } {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : { int: String(value) };
}

/** The integer that a value is, if it is one that {@link wholeNumber} wrote in decimal; null for anything else. */
export function largeInteger(value: unknown): bigint | null {
  if (typeof value !== 'object' || value === null || !('int' in value)) return null;
  const { int } = value;
  return typeof int === 'string' && /^-?\d{1,40}$/.test(int) ? BigInt(int) : null;
}

/** Normalised counters of one cell by name: what expectations are written against. See `../oracle/counters.ts`. */
export type Counters = { readonly [name: string]: Value };

/** XDP's return codes by name, in the order of `enum xdp_action` (include/uapi/linux/bpf.h), then everything above 4. */
export const XDP_ACTIONS = ['aborted', 'drop', 'pass', 'tx', 'redirect', 'other'] as const;

/** The name of an XDP return code. */
export type XdpAction = (typeof XDP_ACTIONS)[number];

/** How often a program returned each action (fexit on the program). */
export type ActionCounts = Readonly<Record<XdpAction, number>>;

/**
 * One row of an observer's table: its keys and sums by the names of `bpf/bpfrig.h`, a list for an array member.
 * The tables, with the unit and the meaning of every field, are declared in `../oracle/subjects/`.
 */
export type Row = Readonly<Record<string, number | readonly number[]>>;

/** Rows by the name of their table: `enqueue`, `redirect`, `devmap`. */
export type Tables = Readonly<Record<string, readonly Row[]>>;

/** All that the observers counted. */
export interface ObserverRows {
  readonly tables: Tables;
  /** Events that found no room in an observer's map: must be 0, or the counts are void. */
  readonly lost: number;
}

/** The same tracepoints via tracefs, without BPF: those tables that the request named. */
export interface WitnessRows {
  /** How it counted: hist triggers, or the raw trace buffer where the kernel has no hist triggers. */
  readonly kind: 'hist' | 'trace';
  readonly tables: Tables;
  /** Events dropped by the trace buffer or the hist table: must be 0, or the counts are void. */
  readonly lost: number;
}

/** One event that the second witness is to count: the arguments of the agent's `witness_start`. */
export interface WitnessEvent {
  /** Table of the answer. */
  readonly name: string;
  /** Event of tracefs, `xdp/xdp_cpumap_enqueue`. */
  readonly event: string;
  /** Fields of the event by which its rows differ. */
  readonly keys: readonly string[];
  /** Fields of the event that are added up. */
  readonly sums: readonly string[];
  /** Field whose values are also counted one by one, in a list `batch`, where the witness can. */
  readonly batch?: string;
}
