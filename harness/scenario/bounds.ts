/**
 * What a scenario may hold. A file beyond a bound is refused when it is read, with the place, instead of costing gigabytes or hours
 * later. Each bound is at least ten times what the suite uses.
 */
export const BOUNDS = {
  /** Of a scenario's file. */
  bytes: 128 * 1024,
  /** Mappings and lists within each other. */
  depth: 32,
  /** Values of a file with its aliases filled in. */
  values: 50_000,
  /** Of the axes' product, before `exclude`. */
  variants: 1024,
  /** Steps of a variant with every `repeat` carried out. */
  steps: 100_000,
  /** Of an `interleave`, which has a letter for each: `abcd`. */
  sequences: 4,
  /** Of one step, and of all `wait` steps of a variant together. */
  waitMs: 600_000,
  /** That one step sends. */
  packets: 10_000_000,
  /** That one TCP connection sends. */
  tcpBytes: 1_000_000_000,
  /** Frames of one device that a capture keeps, and bytes of all of them: CAPTURE_RING_MAX of images/agent/net/capture_ring.h less what the kernel adds. */
  capturedFrames: 16_384,
  capturedBytes: 12 * 1024 * 1024,
  /** Modules, programs or files that one list of `guest` names. */
  guestItems: 256,
  /** Characters that a scenario adds to the kernel's command line, which has 2048 in all. */
  appendWords: 1024,
  /** Bytes of a text that `exec` hands to a command. */
  stdinBytes: 1024 * 1024,
  /** Characters of an axis value. */
  axisValue: 100,
  /** Characters of one expression. */
  expression: 4096,
  /** Loops (`all`, `map`, …) of an expression within each other. */
  loops: 3,
  /** `cel.bind` within each other: each can double what the one before holds. */
  binds: 2,
  /** For one evaluation of an expression, or one search by a regular expression. */
  evaluationMs: 2000,
} as const;

/** A number for people: `1,000,000`. */
export function grouped(n: number): string {
  return n.toLocaleString('en-US');
}
