import { PCAP_BOUNDS, type PcapBytes } from './pcap-bytes.ts';

/** An interface of a section: what the blocks of its frames need to know. */
interface Interface {
  readonly snapBytes: number;
  /** Nanoseconds of a time stamp of this interface. */
  readonly toNs: (units: bigint) => bigint;
}

/** A block: its place in the file. The body is between the two lengths. */
interface Block {
  readonly type: number;
  readonly at: number;
  readonly body: number;
  readonly bodyEnd: number;
}

/** Types of blocks: draft-ietf-opsawg-pcapng, section 4. Blocks of other types are skipped. */
const BLOCK = {
  section: 0x0a0d0d0a,
  interface: 1,
  oldPacket: 2,
  simplePacket: 3,
  enhancedPacket: 6,
} as const;
const BYTE_ORDERS = [
  { magic: '4d3c2b1a', littleEndian: true },
  { magic: '1a2b3c4d', littleEndian: false },
] as const;
const OPTION = { end: 0, timeResolution: 9, timeOffset: 14 } as const;

/** Bytes around a body: type and length before it, length after it. */
const FRAME = { before: 8, after: 4 } as const;

const SECOND_NS = 1_000_000_000n;

type Reader = (file: PcapBytes, block: Block, interfaces: Interface[]) => void;

const READERS: Readonly<Record<number, Reader>> = {
  [BLOCK.interface]: readInterface,
  [BLOCK.oldPacket]: (file, block, interfaces) => readPacket(file, block, interfaces, file.u16(block.body)),
  [BLOCK.simplePacket]: readSimplePacket,
  [BLOCK.enhancedPacket]: (file, block, interfaces) =>
    readPacket(file, block, interfaces, file.u32(block.body)),
};

/** Whether a file begins as a pcapng file does. */
export function isPcapng(file: PcapBytes): boolean {
  return file.startsWith('0a0d0d0a');
}

/** Reads the packet blocks of all sections of a pcapng file into `file.frames`. */
export function readPcapng(file: PcapBytes): void {
  let interfaces: Interface[] = [];
  for (let at = 0; at < file.length;) {
    if (file.startsWith('0a0d0d0a', at)) {
      beginSection(file, at);
      interfaces = [];
    }
    const block = blockAt(file, at);
    READERS[block.type]?.(file, block, interfaces);
    at = block.bodyEnd + FRAME.after;
  }
}

function beginSection(file: PcapBytes, at: number): void {
  file.need(at, 28, "a section's header");
  const order = BYTE_ORDERS.find(({ magic }) => file.startsWith(magic, at + FRAME.before));
  if (order === undefined)
    throw file.problem(at + FRAME.before, 'a section has no byte order: the file is damaged');
  file.littleEndian = order.littleEndian;
  const major = file.u16(at + 12);
  if (major !== 1) throw file.problem(at + 12, `version ${major} of pcapng is unknown; it is 1.0`);
}

function blockAt(file: PcapBytes, at: number): Block {
  file.need(at, FRAME.before + FRAME.after, 'a block');
  const length = file.u32(at + 4);
  if (length < FRAME.before + FRAME.after || length % 4 !== 0)
    throw file.problem(at + 4, `a block cannot have ${length} bytes: the file is damaged`);
  file.need(at, length, `a block of ${length} bytes`);
  const bodyEnd = at + length - FRAME.after;
  if (file.u32(bodyEnd) !== length)
    throw file.problem(bodyEnd, `a block of ${length} bytes ends with another length: the file is damaged`);
  return { type: file.u32(at), at, body: at + FRAME.before, bodyEnd };
}

function readInterface(file: PcapBytes, block: Block, interfaces: Interface[]): void {
  bodyOf(file, block, 8, 'an interface');
  file.checkLinkType(block.body, file.u16(block.body));
  if (interfaces.length >= PCAP_BOUNDS.interfaces)
    throw file.problem(block.at, `a section has more than ${PCAP_BOUNDS.interfaces} interfaces`);
  const snapBytes = file.u32(block.body + 4);
  interfaces.push({
    snapBytes: snapBytes === 0 ? PCAP_BOUNDS.frameBytes : snapBytes,
    toNs: clockOf(file, block),
  });
}

/** Reads the options of an interface that say how time is counted: microseconds if there are none. */
function clockOf(file: PcapBytes, block: Block): Interface['toNs'] {
  let resolution = 6;
  let offsetNs = 0n;
  for (let at = block.body + 8; at + 4 <= block.bodyEnd;) {
    const [code, length] = [file.u16(at), file.u16(at + 2)];
    if (code === OPTION.end) break;
    if (at + 4 + length > block.bodyEnd)
      throw file.problem(at, `an option of ${length} bytes does not fit into its block: the file is damaged`);
    if (code === OPTION.timeResolution && length === 1) resolution = file.u8(at + 4);
    if (code === OPTION.timeOffset && length === 8)
      offsetNs = BigInt.asIntN(64, file.u64(at + 4)) * SECOND_NS;
    at += 4 + padded(length);
  }
  return units => toNs(units, resolution) + offsetNs;
}

/** Units of 10^-n seconds, or of 2^-n if the highest bit is set. */
function toNs(units: bigint, resolution: number): bigint {
  const exponent = BigInt(resolution & 0x7f);
  const perSecond = (resolution & 0x80) === 0 ? 10n ** exponent : 2n ** exponent;
  return (units * SECOND_NS) / perSecond;
}

function readPacket(file: PcapBytes, block: Block, interfaces: Interface[], index: number): void {
  bodyOf(file, block, 20, 'a packet');
  const from = interfaceOf(file, block, interfaces, index);
  const units = (BigInt(file.u32(block.body + 4)) << 32n) | BigInt(file.u32(block.body + 8));
  addFrame(file, block, 20, file.u32(block.body + 12), file.u32(block.body + 16), from.toNs(units));
}

function readSimplePacket(file: PcapBytes, block: Block, interfaces: Interface[]): void {
  bodyOf(file, block, 4, 'a packet');
  const from = interfaceOf(file, block, interfaces, 0);
  const length = file.u32(block.body);
  addFrame(file, block, 4, Math.min(length, from.snapBytes), length, 0n);
}

function interfaceOf(
  file: PcapBytes,
  block: Block,
  interfaces: readonly Interface[],
  index: number,
): Interface {
  const from = interfaces[index];
  if (from === undefined)
    throw file.problem(
      block.body,
      `a packet is from interface ${index}, and its section has ${interfaces.length}`,
    );
  return from;
}

function addFrame(
  file: PcapBytes,
  block: Block,
  header: number,
  kept: number,
  length: number,
  ns: bigint,
): void {
  if (block.body + header + kept > block.bodyEnd)
    throw file.problem(
      block.body,
      `a packet of ${kept} bytes does not fit into its block: the file is damaged`,
    );
  file.add(block.body + header, kept, length, ns);
}

function bodyOf(file: PcapBytes, block: Block, bytes: number, what: string): void {
  if (block.bodyEnd - block.body < bytes)
    throw file.problem(block.at, `a block of ${what} needs ${bytes} bytes: the file is damaged`);
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}
