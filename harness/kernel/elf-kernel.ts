import { architectureOfElf, ARCHITECTURES } from '../arch/architectures.ts';
import type { ByteOrder } from '../arch/byte-order.ts';
import type { ArchName } from '../model/kernel.ts';

/** Whether a file begins as an ELF file does. */
export function isElf(file: Buffer): boolean {
  return file.length > 4 && file.readUInt32BE(0) === 0x7f454c46;
}

/** Numbers and sizes of a 64-bit ELF file: elf(5). */
const ELF = { class64: 2, littleEndian: 1, headerBytes: 64, segmentBytes: 56, load: 1 } as const;

/** A part of a kernel that is loaded: where it is in the file, and its physical address. */
interface Segment {
  readonly offset: number;
  readonly bytes: number;
  readonly address: bigint;
  /** Size in memory; the rest is zero. */
  readonly memory: number;
}

/** An uncompressed kernel as its linker leaves it. */
export interface ElfKernel {
  readonly arch: ArchName;
  readonly segments: readonly Segment[];
}

/** Reads the headers of an ELF file. Returns, in a few words, why it is not a whole kernel for a guest: QEMU would refuse it, or load a part of it. */
export function parseElfKernel(file: Buffer): ElfKernel | string {
  if (!isElf(file)) return 'is not an ELF file';
  if (file.length < ELF.headerBytes) return 'ends within its header';
  const order: ByteOrder = file.readUInt8(5) === ELF.littleEndian ? 'little' : 'big';
  const read = new Fields(file, order);
  const machine = read.u16(18);
  const is64 = file.readUInt8(4) === ELF.class64;
  const arch = is64 ? architectureOfElf(machine, order) : null;
  if (arch === null) {
    const known = ARCHITECTURES.map(({ text }) => text).join(', ');
    return `is for an architecture (e_machine ${machine}) that bpfrig's guests do not have; they are ${known}`;
  }
  const at = read.u64(32);
  const count = read.u16(56);
  if (read.u16(54) !== ELF.segmentBytes || count === 0) return 'has no segments to load';
  if (at + count * ELF.segmentBytes > file.length) return 'ends within its program headers';
  const segments = Array.from({ length: count }, (_, index) => at + index * ELF.segmentBytes)
    .filter(offset => read.u32(offset) === ELF.load)
    .map(offset => ({
      offset: read.u64(offset + 8),
      address: read.big(offset + 24),
      bytes: read.u64(offset + 32),
      memory: read.u64(offset + 40),
    }));
  if (segments.length === 0) return 'has no segments to load';
  if (segments.some(({ offset, bytes }) => offset + bytes > file.length)) return 'is truncated';
  return { arch: arch.name, segments };
}

/** Numbers of a file in one byte order. */
class Fields {
  readonly #file: Buffer;
  readonly #little: boolean;

  constructor(file: Buffer, order: ByteOrder) {
    this.#file = file;
    this.#little = order === 'little';
  }

  u16(at: number): number {
    return this.#little ? this.#file.readUInt16LE(at) : this.#file.readUInt16BE(at);
  }

  u32(at: number): number {
    return this.#little ? this.#file.readUInt32LE(at) : this.#file.readUInt32BE(at);
  }

  big(at: number): bigint {
    return this.#little ? this.#file.readBigUInt64LE(at) : this.#file.readBigUInt64BE(at);
  }

  u64(at: number): number {
    return Number(this.big(at));
  }
}

/**
 * The content of an ELF kernel as it is in memory, which is what a boot loader of arm64 takes (`objcopy -O binary`); null where its segments lie too
 * far apart to be one.
 */
export function flatImage(file: Buffer, { segments }: ElfKernel, maxBytes: number): Buffer | null {
  const [first, ...others] = segments.filter(({ bytes }) => bytes > 0).map(({ address }) => address);
  if (first === undefined) return null;
  const start = others.reduce((least, address) => (address < least ? address : least), first);
  const place = (address: bigint): number => Number(address - start);
  const size = Math.max(...segments.map(({ address, bytes }) => place(address) + bytes));
  if (size > maxBytes) return null;
  const image = Buffer.alloc(size);
  for (const { offset, address, bytes } of segments) file.copy(image, place(address), offset, offset + bytes);
  return image;
}
