import { macBytes } from '../util/addresses.ts';
import { MAGIC, UDP_SOURCE } from './frame.ts';
import type { PktgenCommands } from './pktgen-commands.ts';

/** Where the payload begins: behind Ethernet, IPv6 and UDP. */
export const IP6_PAYLOAD = 62;
const ETHERTYPE_IP6 = 0x86dd;
const VERSION = 6;
const UDP = 17;
const UDP_DISCARD = 9;
const ETHERNET_AND_IP6 = 54;
/** pktgen's hop limit. */
const HOP_LIMIT = 32;

/** A frame of pktgen with IPv6, as fill_packet_ipv6() of net/core/pktgen.c makes it; the UDP checksum is 0. */
export function ip6Frame(
  size: number,
  sequence: number,
  { source, destination, trafficClass }: NonNullable<PktgenCommands['ip6']>,
  macs: { readonly srcMac: string; readonly dstMac: string },
): Buffer {
  const frame = Buffer.alloc(size);
  macBytes(macs.dstMac).copy(frame, 0);
  macBytes(macs.srcMac).copy(frame, 6);
  frame.writeUInt16BE(ETHERTYPE_IP6, 12);
  frame.writeUInt32BE(VERSION * 0x1000_0000 + (trafficClass << 20), 14);
  frame.writeUInt16BE(size - ETHERNET_AND_IP6, 18);
  frame.writeUInt8(UDP, 20);
  frame.writeUInt8(HOP_LIMIT, 21);
  source.copy(frame, 22);
  destination.copy(frame, 38);
  frame.writeUInt16BE(UDP_SOURCE, 54);
  frame.writeUInt16BE(UDP_DISCARD, 56);
  frame.writeUInt16BE(size - ETHERNET_AND_IP6, 58);
  frame.writeUInt32BE(MAGIC, IP6_PAYLOAD);
  frame.writeUInt32BE(sequence, IP6_PAYLOAD + 4);
  return frame;
}
