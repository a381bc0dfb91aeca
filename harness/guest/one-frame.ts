import { tagged } from './frame-hash.ts';
import { MAGIC, wordSum } from './frame.ts';
import type { SentFrames } from './sent-frames.ts';

const IP4_AT = 14;
const IP4_END = 34;
const ID_AT = 18;
const CHECKSUM_AT = 24;
/** The magic number, and the number. */
const NUMBER_IN_PAYLOAD = 4;
/** The source port is the first field of a UDP header. */
const UDP_HEADER = 8;

/** One frame of a source with its VLAN tag, as it is before any program has seen it. */
export function oneFrame(frames: SentFrames, number: number, port: number): Buffer {
  const { head, length, tag, at, ids, first, rest } = frames;
  const bytes = Buffer.alloc(length);
  Buffer.from(head, 'hex').copy(bytes);
  if (rest === 'pattern') for (let to = head.length / 2; to < length; to += 1) bytes[to] = to & 0xff;
  bytes.writeUInt16BE(port, at - UDP_HEADER);
  bytes.writeUInt32BE(MAGIC, at);
  bytes.writeUInt32BE(number, at + NUMBER_IN_PAYLOAD);
  if (ids !== 'any') {
    bytes.writeUInt16BE((number - first) & 0xffff, ID_AT);
    bytes.writeUInt16BE(0, CHECKSUM_AT);
    bytes.writeUInt16BE(~wordSum(bytes.subarray(IP4_AT, IP4_END)) & 0xffff, CHECKSUM_AT);
  }
  return tagged({ bytes, tag });
}
