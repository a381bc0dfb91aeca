import type { ByteOrder } from '../arch/byte-order.ts';
import { ByteReader } from '../object/elf.ts';
import type { Identities } from '../model/observations.ts';

/** A frame without a number, which its source describes byte by byte. */
export interface DescribedFrame {
  /** As in messages: `frame 3 of line 12`. */
  readonly name: string;
  readonly bytes: Buffer;
  /** How often it is sent, by all sources together. */
  times: number;
}

/** Frames by their hash (`frameHash`). */
export type DescribedFrames = ReadonlyMap<string, DescribedFrame>;

/** Longest list of examples. */
const LISTED = 4;
/** The hash, and how often the frame came. */
const ROW_BYTES = 16;

/** Compares how often each described frame came with how often it was sent. `came`: what `stack_described` answers. */
export function compareDescribed(
  sent: DescribedFrames,
  came: string,
  order: ByteOrder,
): Omit<Identities, 'once'> {
  const counts = decode(Buffer.from(came, 'hex'), order);
  const totals = { matched: 0, duplicated: 0, absent: 0 };
  const examples: { duplicated: string[]; absent: string[] } = { duplicated: [], absent: [] };
  for (const [hash, { name, times }] of sent) {
    const arrived = counts.get(hash) ?? 0;
    totals.matched += Math.min(times, arrived);
    totals.duplicated += Math.max(0, arrived - times);
    totals.absent += Math.max(0, times - arrived);
    if (arrived > times && examples.duplicated.length < LISTED) examples.duplicated.push(name);
    if (arrived < times && examples.absent.length < LISTED) examples.absent.push(name);
  }
  return { ...totals, examples };
}

function decode(bytes: Buffer, order: ByteOrder): Map<string, number> {
  const read = new ByteReader(bytes, order === 'little');
  const rows = Array.from({ length: bytes.length / ROW_BYTES }, (_, index) => index * ROW_BYTES);
  return new Map(rows.map(at => [bytes.toString('hex', at, at + 8), read.u64(at + 8)]));
}

/** Both comparisons as one. */
export function withDescribed(numbers: Identities, described: Omit<Identities, 'once'>): Identities {
  const { examples } = described;
  return {
    matched: numbers.matched + described.matched,
    duplicated: numbers.duplicated + described.duplicated,
    absent: numbers.absent + described.absent,
    examples: {
      duplicated: [...numbers.examples.duplicated, ...examples.duplicated].slice(0, LISTED),
      absent: [...numbers.examples.absent, ...examples.absent].slice(0, LISTED),
    },
    once: numbers.once,
  };
}
