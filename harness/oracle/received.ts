import type { ByteOrder } from '../arch/byte-order.ts';
import { frameHash, untag } from '../guest/frame-hash.ts';
import { MAGIC, wordSum } from '../guest/frame.ts';
import { isLoose } from '../guest/sent-frames.ts';
import type { XskFrames } from '../model/observations.ts';
import type { DescribedFrames } from './described.ts';
import type { AnnouncedSource } from './identities.ts';

/** What was sent to `rx`. */
export interface Announced {
  readonly sources: readonly AnnouncedSource[];
  readonly described: DescribedFrames;
}

/** BPFRIG_HEAD, bpf/bpfrig.h. */
const HEAD = 64;
/** IPv4's header. */
const [HEADER_AT, HEADER_END] = [14, 34];
/** The id in it. */
const IP_ID = 18;
/** Bytes from the UDP header to the payload, and from there to the number. */
const [UDP_HEADER, NUMBER] = [8, 4];

/**
 * Compares frames that a program of the guest received byte by byte with those that were sent: what the classifier at tc ingress does with
 * frames that reach the stack (bpf/stack.bpf.c), for frames that go past it. IP ids of pktgen and of UDP sockets, UDP checksums and the order are not
 * compared.
 */
export function compareReceived(
  frames: readonly Buffer[],
  announced: Announced,
  order: ByteOrder,
): XskFrames {
  const came = new Map<string, { times: number; most: number }>();
  let [exact, example] = [0, ''];
  for (const frame of frames) {
    const known = identify(frame, announced, order);
    if ('differs' in known) {
      example ||= known.differs;
      continue;
    }
    exact += 1;
    const before = came.get(known.key)?.times ?? 0;
    came.set(known.key, { times: before + 1, most: known.times });
  }
  const duplicated = [...came.values()].reduce((sum, { times, most }) => sum + Math.max(0, times - most), 0);
  return { exact, changed: frames.length - exact, duplicated, example };
}

/** Which frame it is and how often that one is sent; or where it differs from all that are sent. */
type Identified = { readonly key: string; readonly times: number } | { readonly differs: string };

function identify(frame: Buffer, { sources, described }: Announced, order: ByteOrder): Identified {
  const hash = frameHash(frame, order);
  const one = described.get(hash);
  if (one !== undefined) return { key: hash, times: one.times };
  const { bytes, tag } = untag(frame);
  let known: Identified = { differs: `no source sends such a frame of ${frame.length} bytes` };
  for (const source of sources) {
    const { at, port, flows, threads, loose } = source.frames;
    if (bytes.length < at + 2 * NUMBER || bytes.readUInt32BE(at) !== MAGIC) continue;
    const from = bytes.readUInt16BE(at - UDP_HEADER);
    const isOurs = isLoose(loose, 'port') || (from >= port && from < port + flows * threads);
    if (!isOurs) continue;
    known = compareWith(source, bytes, tag, from);
    // Sources may share ports: it is of the one that sends such a frame.
    if ('key' in known) return known;
  }
  return known;
}

function compareWith(source: AnnouncedSource, bytes: Buffer, tag: number, from: number): Identified {
  const { frames, slot, numbers, runs } = source;
  const number = bytes.readUInt32BE(frames.at + NUMBER);
  const place = `number ${number} of port ${from}`;
  const wrong = differenceOf(source, bytes, tag);
  if (wrong !== null) return { differs: `${place}: ${wrong}` };
  if (!isTurnOf(source, bytes, number, from)) return { differs: `${place}: it was the turn of another port` };
  // Live frames are all alike.
  if (!frames.numbered) return { key: `${slot}`, times: Infinity };
  if (number < frames.first || number - frames.first >= numbers)
    return { differs: `${place}: no such number was sent` };
  const thread = Math.floor((from - frames.port) / frames.flows);
  const times = runs
    .filter(({ count }) => number - frames.first < Math.ceil(count / frames.threads))
    .reduce((sum, { burst }) => sum + burst, 0);
  return { key: `${slot} ${thread} ${number}`, times };
}

/** Whether it was the turn of the flow with this port: port_is_right() of bpf/stack_compare.h. */
function isTurnOf({ frames }: AnnouncedSource, bytes: Buffer, number: number, from: number): boolean {
  const { ids, first, port, flows, loose } = frames;
  if (isLoose(loose, 'port') || isLoose(loose, 'turn')) return true;
  // pktgen takes turns with the frames that it made, and makes one anew that the device refused: its IP ids count those.
  const ahead = ids === 'count' ? (bytes.readUInt16BE(IP_ID) - (number - first)) & 0xffff : 0;
  return (from - port) % flows === (number + ahead) % flows;
}

/** How a frame differs from what its source sends; null where it does not. */
function differenceOf({ frames }: AnnouncedSource, bytes: Buffer, tag: number): string | null {
  const { head, mask, length, rest, loose } = frames;
  if (!isLoose(loose, 'vlan') && tag !== frames.tag) return 'another VLAN tag';
  if (!isLoose(loose, 'length') && bytes.length !== length)
    return `${bytes.length} bytes instead of ${length}`;
  const [wanted, compared] = [Buffer.from(head, 'hex'), Buffer.from(mask, 'hex')];
  for (const [at, byte] of bytes.subarray(0, HEAD).entries())
    if (((byte ^ (wanted[at] ?? 0)) & (compared[at] ?? 0)) !== 0) return `byte ${at} differs`;
  if (!isLoose(loose, 'ip_csum') && wordSum(bytes.subarray(HEADER_AT, HEADER_END)) !== 0xffff)
    return 'the IP checksum is wrong';
  if (rest === 'any') return null;
  for (const [index, byte] of bytes.subarray(HEAD).entries())
    if (byte !== (rest === 'zeroes' ? 0 : (HEAD + index) & 0xff)) return `byte ${HEAD + index} differs`;
  return null;
}
