import { untag } from './frame-hash.ts';

/** BPFRIG_KIND_*, bpf/bpfrig.h: what a kernel sends by itself. */
export const KIND = { arp: 1, igmp: 2, error: 4, neighbour: 8 } as const;

const ARP: readonly number[] = [0x0806, 0x8035];
const IP4 = 0x0800;
const IP6 = 0x86dd;
const ICMP = 1;
const IGMP = 2;
const ICMP6 = 58;
const HOP_BY_HOP = 0;
/** ICMP: unreachable, source quench, redirect, time exceeded, parameter problem. */
const ERRORS: readonly number[] = [3, 4, 5, 11, 12];
/** ICMPv6: MLD, and router and neighbour discovery. */
const NEIGHBOURS: readonly number[] = [130, 131, 132, 133, 134, 135, 136, 137, 143];
const LAST_ERROR6 = 4;

/**
 * Which of the kinds of frames that a kernel sends by itself a frame is; 0: none. As `kind_of()` in bpf/stack_other.h: a source that
 * sends such a frame makes all of that kind its own.
 */
export function frameKind(frame: Buffer): number {
  const { bytes, tag } = untag(frame);
  const byte = (at: number): number => bytes[at] ?? 0;
  if (tag !== 0 || bytes.length < 14) return 0;
  const protocol = bytes.readUInt16BE(12);
  if (ARP.includes(protocol)) return KIND.arp;
  if (protocol === IP4) {
    if (byte(23) === IGMP) return KIND.igmp;
    const type = byte(14 + 4 * (byte(14) & 15));
    return byte(23) === ICMP && ERRORS.includes(type) ? KIND.error : 0;
  }
  if (protocol !== IP6) return 0;
  const extended = byte(20) === HOP_BY_HOP;
  const [next, type] = extended ? [byte(54), byte(62)] : [byte(20), byte(54)];
  if (next !== ICMP6) return 0;
  if (type >= 1 && type <= LAST_ERROR6) return KIND.error;
  return NEIGHBOURS.includes(type) ? KIND.neighbour : 0;
}
