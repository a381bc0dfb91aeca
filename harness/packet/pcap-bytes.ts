import { BpfrigError } from '../util/errors.ts';

/** What a pcap file may hold. A file beyond a bound is refused while it is read. */
export const PCAP_BOUNDS = {
  /** Of the file. */
  bytes: 64 * 1024 * 1024,
  frames: 65_536,
  /** Of one frame: MAXIMUM_SNAPLEN of libpcap. */
  frameBytes: 262_144,
  /** Interfaces of a section of a pcapng file. */
  interfaces: 1024,
} as const;

/** A frame of a pcap file, from its first byte of Ethernet. */
export interface PcapFrame {
  /** The bytes that the file has: less than `length` if the capture cut the frame. */
  readonly data: Buffer;
  /** Bytes that the frame had. */
  readonly length: number;
  /** Time since 1970 in nanoseconds; 0 if the file has none (a simple packet block of pcapng). */
  readonly ns: bigint;
}

/** Link types of frames that are seen by mistake: https://www.tcpdump.org/linktypes.html. */
const LINK_TYPES: Readonly<Record<number, string>> = {
  0: 'BSD loopback',
  101: 'raw IP',
  105: 'Wi-Fi',
  108: 'OpenBSD loopback',
  113: 'Linux cooked capture',
  127: 'Wi-Fi with radiotap',
  228: 'raw IPv4',
  229: 'raw IPv6',
  276: 'Linux cooked capture v2',
};

const ETHERNET = 1;

/**
 * The bytes of a capture file, with what is read from it so far. Every read is checked: an error of code `scenario` names the file and
 * the byte.
 */
export class PcapBytes {
  readonly frames: PcapFrame[] = [];
  readonly #file: Buffer;
  readonly #name: string;
  /** Set by the header of a file or section. */
  littleEndian = true;

  /** @throws BpfrigError `scenario` if the file is too large */
  constructor(file: Buffer, name: string) {
    this.#file = file;
    this.#name = name;
    if (file.length > PCAP_BOUNDS.bytes)
      throw this.problem(0, `the file has more than ${PCAP_BOUNDS.bytes / 1024 ** 2} MiB`);
  }

  get length(): number {
    return this.#file.length;
  }

  /** The error for something wrong at an offset in bytes. */
  problem(at: number, what: string): BpfrigError {
    const frame = this.frames.length === 0 ? '' : `, after frame ${this.frames.length}`;
    return new BpfrigError('scenario', `${this.#name}: byte ${at}${frame}: ${what}`);
  }

  /** @throws BpfrigError `scenario` if the file ends before `at + bytes` */
  need(at: number, bytes: number, what: string): void {
    if (at + bytes > this.#file.length)
      throw this.problem(
        at,
        `${what} needs ${bytes} bytes, and the file has ${Math.max(this.#file.length - at, 0)} more: it is cut off or damaged`,
      );
  }

  u16(at: number): number {
    this.need(at, 2, 'a number');
    return this.littleEndian ? this.#file.readUInt16LE(at) : this.#file.readUInt16BE(at);
  }

  u32(at: number): number {
    this.need(at, 4, 'a number');
    return this.littleEndian ? this.#file.readUInt32LE(at) : this.#file.readUInt32BE(at);
  }

  u64(at: number): bigint {
    this.need(at, 8, 'a number');
    return this.littleEndian ? this.#file.readBigUInt64LE(at) : this.#file.readBigUInt64BE(at);
  }

  u8(at: number): number {
    this.need(at, 1, 'a number');
    return this.#file.readUInt8(at);
  }

  /** Whether the file has these bytes, written as hex, at an offset. */
  startsWith(hex: string, at = 0): boolean {
    return this.#file.toString('hex', at, at + hex.length / 2) === hex;
  }

  /** @throws BpfrigError `scenario` if frames of this link type do not begin with an Ethernet header */
  checkLinkType(at: number, linkType: number): void {
    if (linkType === ETHERNET) return;
    const name = LINK_TYPES[linkType];
    throw this.problem(
      at,
      `the frames have link type ${linkType}${name === undefined ? '' : ` (${name})`}; only Ethernet (1) can be read: capture on an Ethernet device, not on 'any'`,
    );
  }

  /**
   * Adds a frame whose `kept` bytes are at an offset.
   *
   * @throws BpfrigError `scenario` if the file does not have them, or if a bound is reached
   */
  add(at: number, kept: number, length: number, ns: bigint): void {
    if (kept > PCAP_BOUNDS.frameBytes || length > PCAP_BOUNDS.frameBytes)
      throw this.problem(
        at,
        `a frame of ${Math.max(kept, length)} bytes is longer than ${PCAP_BOUNDS.frameBytes}: the file is damaged`,
      );
    if (kept > length)
      throw this.problem(at, `${kept} bytes are kept of a frame of ${length}: the file is damaged`);
    this.need(at, kept, `a frame of ${kept} bytes`);
    if (this.frames.length >= PCAP_BOUNDS.frames)
      throw this.problem(at, `the file has more than ${PCAP_BOUNDS.frames} frames: take a part of it`);
    this.frames.push({ data: this.#file.subarray(at, at + kept), length, ns });
  }
}
