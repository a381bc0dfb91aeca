import { PCAP_BOUNDS, PcapBytes, type PcapFrame } from './pcap-bytes.ts';
import { isClassic, readClassic } from './pcap-classic.ts';
import { isPcapng, readPcapng } from './pcapng.ts';

export { PCAP_BOUNDS, type PcapFrame } from './pcap-bytes.ts';

/** Formats that are read, and what to say about those that are not. */
const FORMATS = [
  { is: isClassic, read: readClassic },
  { is: isPcapng, read: readPcapng },
] as const;
const OTHERS = [
  { magic: '1f8b', what: 'is packed by gzip: unpack it first' },
  { magic: '28b52ffd', what: 'is packed by zstd: unpack it first' },
  { magic: '34cdb2a1', what: "is of Kuznetzov's modified pcap format: convert it with `editcap -F pcap`" },
  { magic: 'a1b2cd34', what: "is of Kuznetzov's modified pcap format: convert it with `editcap -F pcap`" },
  { magic: '736e6f6f70', what: 'is of the snoop format: convert it with `editcap -F pcap`' },
] as const;

/**
 * Reads a pcap file (both byte orders, micro- and nanoseconds) or a pcapng file of Ethernet frames. The frames share the memory of `file`.
 *
 * @param name how errors call the file
 * @throws BpfrigError `scenario` with the name, the byte and the frame if the file is damaged, too large, or of another kind
 */
export function readPcap(file: Buffer, name: string): PcapFrame[] {
  const bytes = new PcapBytes(file, name);
  const format = FORMATS.find(({ is }) => is(bytes));
  if (format === undefined) throw bytes.problem(0, unknownFormat(bytes));
  format.read(bytes);
  return bytes.frames;
}

function unknownFormat(bytes: PcapBytes): string {
  const other = OTHERS.find(({ magic }) => bytes.startsWith(magic));
  return other === undefined ? 'this is no pcap or pcapng file' : `the file ${other.what}`;
}

/**
 * Reads the frames of a pcap or pcapng file that are to be sent: all bytes of each.
 *
 * @throws BpfrigError `scenario` as `readPcap`, and if the capture cut a frame or there is none
 */
export function readWholeFrames(file: Buffer, name: string): Buffer[] {
  const bytes = new PcapBytes(file, name);
  const frames = readPcap(file, name);
  if (frames.length === 0) throw bytes.problem(0, 'the file has no frames');
  return frames.map(({ data, length }, index) => {
    if (data.length === length) return data;
    throw bytes.problem(
      0,
      `frame ${index + 1} has ${data.length} of its ${length} bytes: capture it anew without a limit (tcpdump -s 0)`,
    );
  });
}

/** Writes Ethernet frames as a pcap file with nanoseconds, little endian: pcap-savefile(5). */
export function writePcap(frames: readonly PcapFrame[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b23c4d, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(PCAP_BOUNDS.frameBytes, 16);
  header.writeUInt32LE(1, 20);
  return Buffer.concat([header, ...frames.flatMap(frame => [recordHeader(frame), frame.data])]);
}

function recordHeader({ data, length, ns }: PcapFrame): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt32LE(Number(BigInt.asUintN(32, ns / 1_000_000_000n)), 0);
  record.writeUInt32LE(Number(BigInt.asUintN(32, ns % 1_000_000_000n)), 4);
  record.writeUInt32LE(data.length, 8);
  record.writeUInt32LE(length, 12);
  return record;
}
