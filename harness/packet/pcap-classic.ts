import type { PcapBytes } from './pcap-bytes.ts';

/** Lengths and offsets of pcap-savefile(5), in bytes. */
const FILE_HEADER = { bytes: 24, version: 4, linkType: 20 } as const;
const RECORD = { bytes: 16, seconds: 0, fraction: 4, kept: 8, length: 12 } as const;

/** First four bytes of a file, as hex: byte order, and nanoseconds of a unit of time. */
const MAGICS = [
  { magic: 'd4c3b2a1', littleEndian: true, unitNs: 1000n },
  { magic: 'a1b2c3d4', littleEndian: false, unitNs: 1000n },
  { magic: '4d3cb2a1', littleEndian: true, unitNs: 1n },
  { magic: 'a1b23c4d', littleEndian: false, unitNs: 1n },
] as const;

const SECOND_NS = 1_000_000_000n;

/** In the field of the link type: the frames end with a frame check sequence. */
const HAS_FCS = 0x04000000;

/** Whether a file begins as a pcap file does. */
export function isClassic(file: PcapBytes): boolean {
  return MAGICS.some(({ magic }) => file.startsWith(magic));
}

/** Reads the records of a pcap file into `file.frames`: pcap-savefile(5). */
export function readClassic(file: PcapBytes): void {
  const kind = MAGICS.find(({ magic }) => file.startsWith(magic));
  if (kind === undefined) return;
  file.littleEndian = kind.littleEndian;
  file.need(0, FILE_HEADER.bytes, "a pcap file's header");
  checkHeader(file);
  for (let at: number = FILE_HEADER.bytes; at < file.length;) {
    file.need(at, RECORD.bytes, "a record's header");
    const kept = file.u32(at + RECORD.kept);
    const time = BigInt(file.u32(at + RECORD.fraction)) * kind.unitNs;
    const ns = BigInt(file.u32(at + RECORD.seconds)) * SECOND_NS + time;
    file.add(at + RECORD.bytes, kept, file.u32(at + RECORD.length), ns);
    at += RECORD.bytes + kept;
  }
}

function checkHeader(file: PcapBytes): void {
  const major = file.u16(FILE_HEADER.version);
  if (major !== 2)
    throw file.problem(FILE_HEADER.version, `version ${major} of the format is unknown; it is 2.4`);
  const linkType = file.u32(FILE_HEADER.linkType);
  file.checkLinkType(FILE_HEADER.linkType, linkType & 0xffff);
  if ((linkType & HAS_FCS) !== 0)
    throw file.problem(
      FILE_HEADER.linkType,
      'the frames end with a frame check sequence, which Linux does not send',
    );
}
