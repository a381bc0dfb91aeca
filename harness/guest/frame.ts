import { MAC } from '../model/topology.ts';
import { ADDRESS } from './topology.ts';

/** First four bytes of pktgen's payload (net/core/pktgen.c, PKTGEN_MAGIC), by which bpfrig's programs know its frames. */
const MAGIC = 0xbe9be955;
/** As pktgen's. */
const TTL = 32;
/** Padding that the classifier on tc ingress compares byte by byte: BPFRIG_PATTERN and the rest in bpf/bpfrig.h. */
const PATTERN = 0xbf50a77e;
const PATTERN_AT = 50;
const PADDING_AT = 58;
const UDP_SOURCE = 9000;
const UDP_DISCARD = 9;

/** One IPv4/UDP frame from `tx` to `rx` of `size` bytes with pktgen's payload, as the agent's own senders make it. */
export function testFrame(size: number, sequence: number): Buffer {
  const frame = Buffer.alloc(size);
  macBytes(MAC.rx).copy(frame, 0);
  macBytes(MAC.tx).copy(frame, 6);
  frame.writeUInt16BE(0x0800, 12);
  frame.writeUInt16BE(0x4500, 14);
  frame.writeUInt16BE(size - 14, 16);
  frame.writeUInt8(TTL, 22);
  frame.writeUInt8(17, 23);
  ipBytes(ADDRESS.source).copy(frame, 26);
  ipBytes(ADDRESS.destination).copy(frame, 30);
  frame.writeUInt16BE(headerChecksum(frame.subarray(14, 34)), 24);
  frame.writeUInt16BE(UDP_SOURCE, 34);
  frame.writeUInt16BE(UDP_DISCARD, 36);
  // UDP checksum 0: none, as pktgen sends.
  frame.writeUInt16BE(size - 34, 38);
  if (size >= 50) {
    frame.writeUInt32BE(MAGIC, 42);
    frame.writeUInt32BE(sequence, 46);
  }
  if (size >= PADDING_AT) {
    frame.writeUInt32BE(PATTERN, PATTERN_AT);
    for (let at = PADDING_AT; at < size; at += 1) frame[at] = at & 0xff;
  }
  return frame;
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

function ipBytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

/** RFC 1071. */
function headerChecksum(header: Buffer): number {
  let sum = 0;
  for (let offset = 0; offset < header.length; offset += 2) sum += header.readUInt16BE(offset);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}
