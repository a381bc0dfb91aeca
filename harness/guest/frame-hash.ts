import { integerBytes, type ByteOrder } from '../arch/byte-order.ts';

/** What is in the frame and what the core moves out of it before tc ingress: `skb_vlan_untag()` in `__netif_receive_skb_core`. */
export interface Untagged {
  readonly bytes: Buffer;
  /** VLAN protocol and TCI; 0: no tag. */
  readonly tag: number;
}

const VLAN_PROTOCOLS: readonly number[] = [0x8100, 0x88a8];
const TAG_AT = 12;
const TAG_BYTES = 4;

/** A frame as tc ingress sees it: of several VLAN tags the outer one is outside of the data. */
export function untag(frame: Buffer): Untagged {
  const whole = { bytes: frame, tag: 0 };
  if (frame.length < TAG_AT + TAG_BYTES + 2) return whole;
  if (!VLAN_PROTOCOLS.includes(frame.readUInt16BE(TAG_AT))) return whole;
  const bytes = Buffer.concat([frame.subarray(0, TAG_AT), frame.subarray(TAG_AT + TAG_BYTES)]);
  return { bytes, tag: frame.readUInt32BE(TAG_AT) };
}

/** The other way: the tag back into the data. */
export function tagged({ bytes, tag }: Untagged): Buffer {
  if (tag === 0) return bytes;
  const inserted = Buffer.alloc(TAG_BYTES);
  inserted.writeUInt32BE(tag);
  return Buffer.concat([bytes.subarray(0, TAG_AT), inserted, bytes.subarray(TAG_AT)]);
}

const SEED = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const WORD = 8;
/** Bytes that the classifier loads at once; what is missing of the last ones is 0. */
const CHUNK = 64;

/**
 * The hash of a frame with all its bytes, its length and its tag, as 16 hex digits, as a guest of this byte order has it in memory: what
 * the classifier computes in bpf/stack_described.h.
 */
export function frameHash(frame: Buffer, order: ByteOrder): string {
  const { bytes, tag } = untag(frame);
  let hash = mix(mix(SEED, BigInt(bytes.length)), BigInt(tag));
  const padded = Buffer.alloc(Math.ceil(bytes.length / CHUNK) * CHUNK);
  bytes.copy(padded);
  for (let at = 0; at < padded.length; at += WORD)
    hash = mix(hash, order === 'little' ? padded.readBigUInt64LE(at) : padded.readBigUInt64BE(at));
  return integerBytes(hash, WORD, order).toString('hex');
}

function mix(hash: bigint, word: bigint): bigint {
  const product = BigInt.asUintN(64, (hash ^ word) * PRIME);
  return product ^ (product >> 32n);
}
