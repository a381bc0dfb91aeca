/**
 * In which ways frames differ from those that were sent: BPFRIG_WHY_* of bpf/bpfrig.h, bit by bit. `scattered`: the payload is moved, and not in all
 * by as many bytes; or not all have the same tag. `source`: from a port that no source sends from. `unknown`: without a number, and not described.
 * `merged`: GRO merged it. `lengths`: not all are of the same length.
 */
export const WHYS = [
  'tag',
  'length',
  'place',
  'sum',
  'turn',
  'udp_sum',
  'rest',
  'moved',
  'scattered',
  'source',
  'unknown',
  'merged',
  'lengths',
] as const;

/** One of {@link WHYS}. */
export type Why = (typeof WHYS)[number];

/** The begin of a frame that was not as sent. */
export interface ChangedSample {
  /** Bytes of the frame, without its tag. */
  readonly length: number;
  /** VLAN protocol and TCI; 0: no tag. */
  readonly tag: number;
  /** Where its payload is; 0: it was not found. */
  readonly at: number;
  /** Of its source; null: unknown. */
  readonly slot: number | null;
  /** The first 128 bytes, in hex. */
  readonly bytes: string;
}

/** What the frames have in common that are not as sent. */
export interface ChangedFrames {
  /** Bytes of the head that differ in at least one of them, numbered as they were sent. */
  readonly bytes: readonly number[];
  readonly why: readonly Why[];
  /** The lowest byte behind the head that differs, numbered as it was sent; null: none does. */
  readonly rest: number | null;
  /** By how many bytes the payload is behind where it was sent. */
  readonly moved: number;
  /** Bytes among the first 128 that are not the same in all frames of a CPU, numbered as they arrived. */
  readonly vary: readonly number[];
  /** Of those that are unknown, where frames were described: the hash of each (`frameHash`). */
  readonly strangers: readonly string[];
  /** The first ones of each CPU. */
  readonly samples: readonly ChangedSample[];
}
