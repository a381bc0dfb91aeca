import { ADDRESS, MAC, PORT } from '../model/topology.ts';
import { ipBytes, macBytes } from '../util/addresses.ts';
import { wordSum } from '../packet/checksum.ts';

export { wordSum } from '../packet/checksum.ts';

/** First four bytes of pktgen's payload (net/core/pktgen.c, PKTGEN_MAGIC), by which bpfrig's programs know its frames. */
export const MAGIC = 0xbe9be955;
/** As pktgen's. */
const TTL = 32;
/** What bpfrig's own senders put behind the number: BPFRIG_PATTERN and the rest in bpf/bpfrig.h. */
const PATTERN = 0xbf50a77e;
const PATTERN_AT = 50;
const PADDING_AT = 58;
/** Bytes of the headers: a shorter frame is the beginning of one with all of them. */
const HEADERS = 42;
/** The port of flow 0: BPFRIG_SPORT. */
export const UDP_SOURCE = PORT.source;
const IP_DF = 0x4000;

/** What distinguishes the frames of one source from those of another. */
export interface FrameContent {
  readonly srcMac: string;
  readonly dstMac: string;
  /** Type of service. */
  readonly tos: number;
  /** Don't fragment, as a UDP socket sets it. */
  readonly df: boolean;
  readonly srcPort: number;
  /** Behind the number: bpfrig's pattern, or zeroes as from pktgen. */
  readonly padding: 'pattern' | 'zeroes';
}

const PLAIN: FrameContent = {
  srcMac: MAC.tx,
  dstMac: MAC.rx,
  tos: 0,
  df: false,
  srcPort: UDP_SOURCE,
  padding: 'pattern',
};

/**
 * One IPv4/UDP frame from `tx` to `rx` of `size` bytes with pktgen's payload, as the agent's own senders make it (images/agent/net/frame.c).
 * The UDP checksum is 0: none.
 */
export function testFrame(size: number, sequence: number, some: Partial<FrameContent> = {}): Buffer {
  const { srcMac, dstMac, tos, df, srcPort, padding } = { ...PLAIN, ...some };
  const frame = Buffer.alloc(Math.max(size, HEADERS));
  macBytes(dstMac).copy(frame, 0);
  macBytes(srcMac).copy(frame, 6);
  frame.writeUInt16BE(0x0800, 12);
  frame.writeUInt8(0x45, 14);
  frame.writeUInt8(tos, 15);
  frame.writeUInt16BE(frame.length - 14, 16);
  frame.writeUInt16BE(df ? IP_DF : 0, 20);
  frame.writeUInt8(TTL, 22);
  frame.writeUInt8(17, 23);
  ipBytes(ADDRESS.source).copy(frame, 26);
  ipBytes(ADDRESS.destination).copy(frame, 30);
  frame.writeUInt16BE(~wordSum(frame.subarray(14, 34)) & 0xffff, 24);
  frame.writeUInt16BE(srcPort, 34);
  frame.writeUInt16BE(PORT.destination, 36);
  frame.writeUInt16BE(frame.length - 34, 38);
  if (size >= PATTERN_AT) {
    frame.writeUInt32BE(MAGIC, 42);
    frame.writeUInt32BE(sequence, 46);
  }
  if (size >= PADDING_AT && padding === 'pattern') {
    frame.writeUInt32BE(PATTERN, PATTERN_AT);
    for (let at = PADDING_AT; at < size; at += 1) frame[at] = at & 0xff;
  }
  return frame.subarray(0, size);
}
