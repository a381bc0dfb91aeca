import { integersBytes, type ByteOrder } from '../arch/byte-order.ts';
import { FRAME_FIELDS, IP6_FIELDS, type FrameField } from '../model/frame-fields.ts';
import type { SourceReport } from '../model/observations.ts';
import { MAC } from '../model/topology.ts';
import { testFrame, UDP_SOURCE, wordSum } from './frame.ts';
import { IP6_PAYLOAD, ip6Frame } from './ip6-frame.ts';
import { pktgenCommands } from './pktgen-commands.ts';

/** One run of a source, as its step describes it. */
export interface SourceRun {
  readonly source: SourceReport['source'];
  /** The device that it sends on, or into whose receiving side it puts its frames. */
  readonly on: 'tx' | 'rx';
  /** Frames are received by the device itself: live frames, and pktgen's mode netif_receive. */
  readonly received?: boolean;
  readonly count: number;
  /** Bytes of a frame, with a VLAN tag. */
  readonly size: number;
  readonly flows?: number;
  readonly firstFlow?: number;
  /** pktgen: each has a part of the count, and numbers its frames itself. */
  readonly threads?: number;
  /** pktgen: each frame is sent so many times. */
  readonly burst?: number;
  readonly dstMac?: string | undefined;
  /** udp: with a UDP checksum. */
  readonly checksum?: boolean;
  /** pktgen's own commands. */
  readonly commands?: readonly string[];
}

/** What the frames of a source are like: all that the classifier at tc ingress compares (`struct bpfrig_source`, bpf/bpfrig.h). */
export interface SentFrames {
  /** The first 64 bytes, in hex. */
  readonly head: string;
  /** ff for each byte of the head that must be so, 00 for what varies or a program changes. */
  readonly mask: string;
  /** Bytes without a tag. */
  readonly length: number;
  /** VLAN protocol and TCI; 0: no tag. */
  readonly tag: number;
  /** Number of the first frame. */
  readonly first: number;
  /** The UDP checksum's words other than port and number, added up. */
  readonly sum: number;
  /** Where the payload begins, with the magic number: behind IPv4, or behind IPv6. */
  readonly at: number;
  /** The checksum of a sender that leaves it to the device. */
  readonly pseudo: number;
  readonly port: number;
  readonly flows: number;
  readonly threads: number;
  readonly ids: (typeof IDS)[number];
  readonly rest: (typeof REST)[number];
  readonly checksum: boolean;
  readonly loose: number;
  /** Whether each frame has a number of its own. */
  readonly numbered: boolean;
}

/** enum bpfrig_ids */
const IDS = ['any', 'count', 'flow'] as const;
/** enum bpfrig_rest */
const REST = ['zeroes', 'pattern', 'any'] as const;
/** BPFRIG_LOOSE_* */
const LOOSE = { port: 1, ip_csum: 2, length: 4, vlan: 8, turn: 16 } as const;

const HEAD = 64;
/** Where bytes vary, by a rule that the classifier knows. */
const VARYING: readonly FrameField[] = ['ip_csum', 'src_port', 'number'];
/** Where the payload begins behind IPv4. */
const IP4_PAYLOAD = 42;
/** The magic number and the number, by which a frame is known. */
const KNOWN_BY = 8;
/** pktgen's payload has a time, too, whether it is set or not (struct pktgen_hdr): a shorter frame becomes longer. */
const PKTGEN_PAYLOAD = 16;

/** Whether a run sends to `rx`. */
export function isForRx({ on, received = false }: Pick<SourceRun, 'on' | 'received'>): boolean {
  return (on === 'rx') === received;
}

/** Whether the frames of a run are long enough to have a magic number, by which bpfrig knows them. */
export function hasNumbers({ source, size }: SourceRun): boolean {
  return source === 'pktgen' || size >= IP4_PAYLOAD + KNOWN_BY;
}

/**
 * Describes the frames of a run. `changes` is what a program of the scenario changes in them: it is not compared. Of pktgen's commands
 * those count that bpfrig knows to change a frame: `vlan_id`, `vlan_p`, `vlan_cfi`, `tos`, and the flags UDPCSUM and NO_TIMESTAMP.
 */
export function sentFrames(run: SourceRun, changes: readonly FrameField[]): SentFrames {
  const { source, on, flows = 1, threads = 1, firstFlow = 0, dstMac = MAC.rx } = run;
  const pktgen = source === 'pktgen';
  const said = pktgenCommands(run.commands ?? []);
  const isIp6 = said.ip6 !== null;
  const at = isIp6 ? IP6_PAYLOAD : IP4_PAYLOAD;
  const asked = run.size - (said.tag === 0 ? 0 : 4);
  const length = pktgen ? Math.max(asked, at + PKTGEN_PAYLOAD) : asked;
  const port = UDP_SOURCE + firstFlow;
  const changed = new Set(changes);
  const macs = { srcMac: on === 'rx' && source !== 'live' ? MAC.rx : MAC.tx, dstMac };
  const frame =
    said.ip6 === null
      ? testFrame(length, 0, {
          ...macs,
          tos: said.tos,
          df: source === 'udp',
          srcPort: port,
          padding: pktgen ? 'zeroes' : 'pattern',
        })
      : ip6Frame(length, 0, said.ip6, macs);
  // Only known where the frames have no time in them.
  const checksum = run.checksum === true || (said.checksum && !said.timed && !isIp6);
  const renumbered = changed.has('number');
  const ids =
    renumbered || isIp6 || changed.has('ip_id') ? 'any' : pktgen ? 'count' : source === 'udp' ? 'flow' : null;
  const varying: FrameField[] = [
    ...VARYING,
    ...changes,
    ...(ids === null ? [] : (['ip_id'] as const)),
    ...(checksum || said.checksum ? (['udp_csum'] as const) : []),
    ...(changed.has('length') ? (['ip_len', 'udp_len'] as const) : []),
  ];
  const timed: [number, number][] = said.timed ? [[at + KNOWN_BY, at + PKTGEN_PAYLOAD]] : [];
  const anyRest = changed.has('payload') || (isIp6 && said.timed);
  const looseTurn = renumbered || (pktgen && ids === 'any');
  return {
    head: padded(frame).toString('hex'),
    mask: maskOf(length, [...varying.flatMap(field => rangeOf(field, isIp6)), ...timed]),
    length,
    tag: said.tag,
    first: pktgen ? 1 : 0,
    sum: checksum ? checksumWords(frame) : 0,
    at,
    pseudo: checksum ? pseudoSum(frame) : 0,
    port,
    flows,
    threads,
    ids: ids ?? 'any',
    rest: anyRest ? 'any' : pktgen ? 'zeroes' : 'pattern',
    checksum: checksum && !changed.has('udp_csum'),
    loose:
      (changed.has('src_port') ? LOOSE.port : 0) |
      (isIp6 || changed.has('ip_csum') ? LOOSE.ip_csum : 0) |
      (changed.has('length') ? LOOSE.length : 0) |
      (changed.has('vlan') ? LOOSE.vlan : 0) |
      (looseTurn ? LOOSE.turn : 0),
    numbered: source !== 'live' && !renumbered && !(changed.has('src_port') && threads > 1),
  };
}

/** Where the classifier counts the numbers of a source. */
export interface Lanes {
  /** The first. */
  readonly first: number;
  /** Of each thread; 0: none. */
  readonly count: number;
}

/** `struct bpfrig_source` in hex, for a guest of this byte order. `numbers` is how many each thread sends at most. */
export function encodeSource(frames: SentFrames, numbers: number, lanes: Lanes, order: ByteOrder): string {
  const { length, tag, first, sum, at } = frames;
  const words = integersBytes([length, tag, first, numbers, lanes.first, lanes.count, sum, at], 4, order);
  const halves = integersBytes([frames.pseudo, frames.port, frames.flows, frames.threads], 2, order);
  const bytes = [IDS.indexOf(frames.ids), REST.indexOf(frames.rest), Number(frames.checksum), frames.loose];
  return frames.head + frames.mask + Buffer.concat([words, halves, Buffer.from(bytes)]).toString('hex');
}

function rangeOf(field: FrameField, isIp6: boolean): [number, number][] {
  const range = isIp6 ? (IP6_FIELDS[field] ?? null) : FRAME_FIELDS[field];
  return range === null ? [] : [[range[0], range[1]]];
}

/** The bytes of the head that are in the frame and in none of the ranges. */
function maskOf(length: number, free: readonly (readonly [number, number])[]): string {
  const mask = Buffer.alloc(HEAD);
  for (let at = 0; at < Math.min(length, HEAD); at += 1)
    mask[at] = free.some(([from, to]) => at >= from && at < to) ? 0 : 0xff;
  return mask.toString('hex');
}

function padded(frame: Buffer): Buffer {
  const head = Buffer.alloc(HEAD);
  frame.copy(head, 0, 0, HEAD);
  return head;
}

/** Addresses, protocol and length, as the UDP checksum has them (RFC 768). */
function pseudoSum(frame: Buffer): number {
  const protocolAndLength = Buffer.from([0, 17, frame[38] ?? 0, frame[39] ?? 0]);
  return wordSum(Buffer.concat([frame.subarray(26, 34), protocolAndLength]));
}

/** The pseudo header, the UDP header without port and checksum, and the payload without the number. */
function checksumWords(frame: Buffer): number {
  const rest = Buffer.from(frame.subarray(34));
  rest.fill(0, 0, 2);
  rest.fill(0, 6, 8);
  rest.fill(0, 12, 16);
  return pseudoSum(frame) + wordSum(rest);
}

/** Whether a program changes this part of a source's frames; `loose` is that of {@link SentFrames}. */
export function isLoose(loose: number, part: keyof typeof LOOSE): boolean {
  return (loose & LOOSE[part]) !== 0;
}
