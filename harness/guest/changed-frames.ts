import type { ByteOrder } from '../arch/byte-order.ts';
import type { ChangedFrames, ChangedSample, Why } from '../model/changed-frames.ts';
import { WHYS } from '../model/changed-frames.ts';
import { ByteReader } from '../object/elf.ts';
import { BpfrigError } from '../util/errors.ts';

/** BPFRIG_HEAD, BPFRIG_SAMPLE and BPFRIG_SAMPLES, bpf/bpfrig.h. */
const HEAD = 64;
const SAMPLE = 128;
const SAMPLES = 4;
/** Behind the head and four numbers. */
const VARY_AT = HEAD + 16;
/** Four numbers before the bytes. */
const SAMPLE_AT = 16;
/** BPFRIG_SOURCES: a frame of no source. */
const NO_SLOT = 16;

/**
 * What `stack_changed` answers for each CPU, `struct bpfrig_changed` in hex, as one; null: every frame is as sent.
 * Throws a BpfrigError with code `agent` for an answer of another length.
 */
export function changedFrames(
  rows: readonly { readonly changed: string }[],
  strangers: string,
  order: ByteOrder,
): ChangedFrames | null {
  const parts = rows.map(({ changed }) => decode(Buffer.from(changed, 'hex'), order));
  const [first] = parts;
  if (first === undefined) return null;
  const located = parts.filter(({ samples }) => samples.some(({ slot }) => slot !== null));
  const moved = located[0]?.moved ?? 0;
  const scattered: Why[] = located.some(one => one.moved !== moved) ? ['scattered'] : [];
  const rests = parts.flatMap(({ rest }) => rest ?? []);
  return {
    bytes: unique(parts.flatMap(({ bytes }) => bytes)).toSorted((a, b) => a - b),
    why: unique([...parts.flatMap(({ why }) => why), ...scattered]),
    rest: rests.length === 0 ? null : Math.min(...rests),
    moved,
    vary: unique(parts.flatMap(({ vary }) => vary)).toSorted((a, b) => a - b),
    strangers: strangers.match(/.{16}/g) ?? [],
    samples: parts.flatMap(({ samples }) => samples),
  };
}

const BYTES = VARY_AT + SAMPLE + SAMPLES * (SAMPLE_AT + SAMPLE);

function decode(bytes: Buffer, order: ByteOrder): Omit<ChangedFrames, 'strangers'> {
  if (bytes.length !== BYTES)
    throw new BpfrigError('agent', `stack_changed: an answer of ${bytes.length} bytes, not ${BYTES}`);
  const read = new ByteReader(bytes, order === 'little');
  const [why, rest, moved, samples] = [
    read.u32(HEAD),
    read.u32(HEAD + 4),
    read.i32(HEAD + 8),
    read.u32(HEAD + 12),
  ];
  return {
    bytes: places(bytes.subarray(0, HEAD)),
    why: WHYS.filter((_, bit) => (why & (1 << bit)) !== 0),
    rest: rest === 0 ? null : rest - 1,
    moved,
    vary: places(bytes.subarray(VARY_AT, VARY_AT + SAMPLE)),
    samples: Array.from({ length: Math.min(samples, SAMPLES) }, (_, index) =>
      sampleAt(bytes.subarray(VARY_AT + SAMPLE + index * (SAMPLE_AT + SAMPLE)), order),
    ),
  };
}

/** Where a mask is not 0. */
function places(mask: Buffer): number[] {
  return [...mask].flatMap((byte, at) => (byte === 0 ? [] : [at]));
}

function sampleAt(bytes: Buffer, order: ByteOrder): ChangedSample {
  const read = new ByteReader(bytes, order === 'little');
  const [length, tag, at, slot] = [0, 4, 8, 12].map(offset => read.u32(offset)) as [
    number,
    number,
    number,
    number,
  ];
  return {
    length,
    tag,
    at,
    slot: slot === NO_SLOT ? null : slot,
    bytes: bytes.subarray(SAMPLE_AT, SAMPLE_AT + Math.min(length, SAMPLE)).toString('hex'),
  };
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
