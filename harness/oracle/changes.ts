import type { ByteOrder } from '../arch/byte-order.ts';
import { frameHash, untag, type Untagged } from '../guest/frame-hash.ts';
import { MAGIC, wordSum } from '../guest/frame.ts';
import type { SentFrames } from '../guest/sent-frames.ts';
import type { ChangedFrames, ChangedSample, Why } from '../model/changed-frames.ts';
import { FRAME_FIELDS, IP6_FIELDS } from '../model/frame-fields.ts';

/** One frame before and after a program was run over it by itself (BPF_PROG_TEST_RUN), each with its VLAN tag. */
export interface ProgramRun {
  /** Its source; null: a frame that is described byte by byte. */
  readonly frames: SentFrames | null;
  readonly before: Buffer;
  readonly after: Buffer;
}

/** BPFRIG_HEAD, bpf/bpfrig.h. */
const HEAD = 64;
const ETHERNET = 14;
/** Where the classifier looks for the magic number: MAGIC_FROM and MAGIC_TO of bpf/stack_other.h. */
const MAGIC_FROM = 28;
const MAGIC_TO = 254;
const UDP_HEADER = 8;
const ETHERTYPE_AT = 12;
/** Of IPv4. */
const HEADER_AT = 14;
const HEADER_END = 34;
const PAYLOAD_AT = 42;
/** The UDP checksum covers the addresses, and all behind them. */
const SUMMED_FROM = 26;

/** What a run of a program did to a frame, in the words of the classifier. */
interface Change {
  readonly bytes: readonly number[];
  readonly why: ReadonlySet<Why>;
  readonly rest: number | null;
  readonly moved: number;
  readonly after: Untagged;
}

/**
 * Whether the program by itself does to frames what the classifier saw of those that arrived. Each kind of difference, each byte of the
 * head that differs in any frame and by how much payloads are moved must be the program's. The first frames of each CPU must look as
 * the program leaves them, and so must the first 128 bytes of all others. Of frames that arrived without a number the bytes behind
 * those are not compared.
 */
export function explains(runs: readonly ProgramRun[], arrived: ChangedFrames, order: ByteOrder): boolean {
  const changes = runs.map(changeOf);
  const why = new Set(changes.flatMap(one => [...one.why]));
  const bytes = new Set(changes.flatMap(one => one.bytes));
  if (new Set(changes.map(({ after }) => after.bytes.length)).size > 1) why.add('lengths');
  // Of frames that are described each is compared with its tag, by its hash.
  if (runs.every(({ frames }) => frames === null) && new Set(changes.map(({ after }) => after.tag)).size > 1)
    why.add('scattered');
  return (
    arrived.why.every(one => why.has(one)) &&
    arrived.vary.every(at => varies(at, runs, changes)) &&
    arrived.bytes.every(byte => bytes.has(byte)) &&
    (arrived.rest === null || changes.some(({ rest }) => rest === arrived.rest)) &&
    (!arrived.why.includes('moved') || changes.every(({ moved }) => moved === arrived.moved)) &&
    areDescribed(arrived, runs, order) &&
    arrived.samples.every(sample => looksAs(sample, runs, changes))
  );
}

/** Where all frames are described one by one, each that arrived must be one of those that the program leaves. */
function areDescribed({ strangers }: ChangedFrames, runs: readonly ProgramRun[], order: ByteOrder): boolean {
  if (runs.some(({ frames }) => frames !== null)) return true;
  const left = new Set(runs.map(({ after }) => frameHash(after, order)));
  return strangers.every(hash => left.has(hash));
}

function changeOf({ frames, before, after }: ProgramRun): Change {
  const [sent, now] = [untag(before), untag(after)];
  const nothing: Change = { bytes: [], why: new Set(), rest: null, moved: 0, after: now };
  if (before.equals(after)) return nothing;
  const at = frames === null ? 0 : payloadAt(now.bytes);
  if (frames === null || at === 0) return { ...nothing, why: new Set<Why>(['unknown']) };
  const port = now.bytes.readUInt16BE(at - UDP_HEADER);
  const claimed =
    (frames.loose & LOOSE_PORT) !== 0 ||
    (port >= frames.port && port < frames.port + frames.flows * frames.threads);
  if (!claimed) return { ...nothing, why: new Set<Why>([at === PAYLOAD_AT ? 'source' : 'unknown']) };
  const moved = at - frames.at;
  const bytes = headBytes(frames, sent.bytes, now.bytes, moved);
  const rest = firstOther(sent.bytes, now.bytes, moved);
  const isIp4 = frames.at === PAYLOAD_AT;
  const header = now.bytes.subarray(HEADER_AT + moved, HEADER_END + moved);
  const is: readonly (readonly [Why, boolean])[] = [
    ['tag', now.tag !== sent.tag],
    ['length', now.bytes.length - moved !== sent.bytes.length],
    ['place', !sameType(sent.bytes, now.bytes)],
    ['sum', isIp4 && wordSum(header) !== 0xffff],
    ['turn', port !== sent.bytes.readUInt16BE(frames.at - UDP_HEADER)],
    ['udp_sum', frames.checksum && bytes.some(byte => byte >= SUMMED_FROM)],
    ['rest', rest !== null],
    ['moved', moved !== 0],
  ];
  const why = new Set(is.flatMap(([name, so]) => (so ? [name] : [])));
  return { bytes, why, rest, moved, after: now };
}

const LOOSE_PORT = 1;

function payloadAt(bytes: Buffer): number {
  for (let at = MAGIC_FROM; at < MAGIC_TO && at + UDP_HEADER <= bytes.length; at += 2)
    if (bytes.readUInt32BE(at) === MAGIC) return at;
  return 0;
}

/** Bytes of the head, among those that are compared; of a frame whose payload was moved those behind the Ethernet header. */
function headBytes(frames: SentFrames, sent: Buffer, now: Buffer, moved: number): number[] {
  const mask = Buffer.from(frames.mask, 'hex');
  return [...mask].flatMap((compared, at) => {
    if (compared === 0 || at >= sent.length || (moved !== 0 && at < ETHERNET)) return [];
    return sent[at] === now[at + moved] ? [] : [at];
  });
}

function firstOther(sent: Buffer, now: Buffer, moved: number): number | null {
  for (let at = HEAD; at < Math.min(sent.length, now.length - moved); at += 1)
    if (sent[at] !== now[at + moved]) return at;
  return null;
}

function sameType(sent: Buffer, now: Buffer): boolean {
  return sent.readUInt16BE(ETHERTYPE_AT) === now.readUInt16BE(ETHERTYPE_AT);
}

/**
 * Whether a frame that arrived looks as the program leaves frames of its source: with the same length and tag, and with the same bytes
 * wherever all of those agree. Of a frame that is described byte by byte, it must be the very one.
 */
function looksAs(sample: ChangedSample, runs: readonly ProgramRun[], changes: readonly Change[]): boolean {
  const begin = Buffer.from(sample.bytes, 'hex');
  const alike = changes.flatMap((change, index) => {
    const frames = runs[index]?.frames ?? null;
    const { bytes, tag } = change.after;
    if (tag !== sample.tag || bytes.length !== sample.length) return [];
    return [{ bytes: bytes.subarray(0, begin.length), frames, change }];
  });
  if (alike.some(({ bytes, frames }) => frames === null && bytes.equals(begin))) return true;
  const [first, ...others] = alike.filter(({ frames }) => frames !== null);
  if (first === undefined || others.length === 0) return false;
  return [...first.bytes].every(
    (byte, at) => begin[at] === byte || others.some(({ bytes }) => bytes[at] !== byte) || mayVary(first, at),
  );
}

/** Whether a byte is not the same in all frames that a program leaves, or may vary by a rule of their source. */
function varies(at: number, runs: readonly ProgramRun[], changes: readonly Change[]): boolean {
  const first = changes[0]?.after.bytes[at] ?? 0;
  return changes.some(
    (change, index) =>
      (change.after.bytes[at] ?? 0) !== first || mayVary({ frames: runs[index]?.frames ?? null, change }, at),
  );
}

/** Whether a byte of a frame as a program left it is one of those that vary from frame to frame by a rule of its source. */
function mayVary(
  { frames, change: { why, moved } }: { readonly frames: SentFrames | null; readonly change: Change },
  at: number,
): boolean {
  const sentAt = at - moved;
  if (frames === null || why.has('unknown') || (moved !== 0 && sentAt < ETHERNET)) return false;
  return sentAt < Math.min(HEAD, frames.length) && frames.mask.slice(2 * sentAt, 2 * sentAt + 2) === '00';
}

/** What a program does to each frame, and what the scenario can say about it: one sentence. */
export function describeChange(program: string, runs: readonly ProgramRun[]): string {
  const changes = runs.map(changeOf);
  const grown = runs.map(({ before, after }) => after.length - before.length).find(by => by !== 0) ?? 0;
  if (grown !== 0) {
    const what = `${Math.abs(grown)} bytes ${grown > 0 ? 'longer' : 'shorter'}`;
    return `program \`${program}\` makes each packet ${what}, and the rest of it arrived as it was sent`;
  }
  const bytes = unique(runs.flatMap(otherBytes)).toSorted((a, b) => a - b);
  const fields = unique(runs.flatMap((run, index) => fieldsOf(run, bytes, changes[index]?.why ?? new Set())));
  const advice =
    fields.length > 0
      ? `\`changes: [${fields.join(', ')}]\` has the rest compared`
      : 'they arrived as it leaves them';
  return `program \`${program}\` changes ${rangesOf(bytes)} of each packet: ${advice}`;
}

/** Bytes that a run of a program changed, without a tag. */
function otherBytes({ before, after }: ProgramRun): number[] {
  const [sent, now] = [untag(before).bytes, untag(after).bytes];
  return [...sent].flatMap((byte, at) => (byte === now[at] ? [] : [at]));
}

/** More ranges of bytes are no help. */
const RANGES = 4;

/** `byte 22`, `bytes 30 to 33 and 36`. */
function rangesOf(bytes: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const byte of bytes) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === byte - 1) last[1] = byte;
    else ranges.push([byte, byte]);
  }
  if (ranges.length === 0) return 'the VLAN tag';
  if (ranges.length > RANGES) return `${bytes.length} bytes`;
  const texts = ranges.map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`));
  const last = texts.pop() ?? '';
  const list = texts.length === 0 ? last : `${texts.join(', ')} and ${last}`;
  return `${bytes.length === 1 ? 'byte' : 'bytes'} ${list}`;
}

/** Names that `changes:` has for these bytes of a source's frames, and for a checksum that is wrong. */
function fieldsOf({ frames }: ProgramRun, bytes: readonly number[], why: ReadonlySet<Why>): string[] {
  if (frames === null || why.has('unknown')) return [];
  const fields: Readonly<Record<string, readonly [number, number] | null>> =
    frames.at === PAYLOAD_AT ? FRAME_FIELDS : IP6_FIELDS;
  return Object.entries(fields).flatMap(([name, range]) => {
    if (range === null) return name === 'vlan' && why.has('tag') ? [name] : [];
    if (name === 'ip_csum' && why.has('sum')) return [name];
    // The note is a part of the payload, and says more.
    const own = name === 'payload' ? bytes.filter(byte => byte < NOTE[0] || byte >= NOTE[1]) : bytes;
    return own.some(byte => byte >= range[0] && byte < range[1]) ? [name] : [];
  });
}

const NOTE = FRAME_FIELDS.note;

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
