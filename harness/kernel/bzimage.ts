import { readFile, stat } from 'node:fs/promises';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { hostCommandBytes } from '../util/host-command.ts';

/** Fields of a bzImage's setup header that bpfrig uses; see Documentation/arch/x86/boot.rst. Offsets are in bytes from the start of the file. */
export interface BzImage {
  /** The text that `kernel_version` points to: `uname -r`, builder and `uname -v` in one line; null if there is none. */
  readonly banner: string | null;
  readonly payloadOffset: number;
  readonly payloadLength: number;
  /** Flag XLF_KERNEL_64 of `xloadflags`, which exists since boot protocol 2.12. */
  readonly is64Bit: boolean;
}

const XLF_KERNEL_64 = 1;

const MAX_BANNER = 512;

/** The largest kernel that is read, packed or unpacked. A kernel with debug information has 400 MiB. */
const MAX_KERNEL_BYTES = 1024 ** 3;

/** Compression formats of a payload, recognized by its first bytes. The tool writes the content to stdout. */
const PACKINGS = [
  { magic: '1f8b', tool: 'gzip', args: ['-dc'], sizeAppended: false },
  { magic: 'fd377a585a00', tool: 'xz', args: ['-dc'], sizeAppended: true },
  { magic: '28b52ffd', tool: 'zstd', args: ['-dcq'], sizeAppended: true },
  { magic: '02214c18', tool: 'lz4', args: ['-dcq'], sizeAppended: true },
  { magic: '425a68', tool: 'bzip2', args: ['-dc'], sizeAppended: true },
  { magic: '5d0000', tool: 'xz', args: ['--format=lzma', '-dc'], sizeAppended: true },
] as const;

/** Parses the setup header. Returns null for a file that is not a bzImage of boot protocol 2.08 or later. */
export function parseBzImage(file: Buffer): BzImage | null {
  if (file.length < 0x260 || file.toString('latin1', 0x202, 0x206) !== 'HdrS') return null;
  if (file.readUInt16LE(0x206) < 0x208) return null;
  const setupSectors = file.readUInt8(0x1f1) || 4;
  const payloadOffset = (setupSectors + 1) * 512 + file.readUInt32LE(0x248);
  const payloadLength = file.readUInt32LE(0x24c);
  if (payloadLength === 0 || payloadOffset + payloadLength > file.length) return null;
  const pointer = file.readUInt16LE(0x20e);
  const start = pointer + 0x200;
  const end = file.indexOf(0, start);
  const banner =
    pointer === 0 || end < 0 ? null : file.toString('latin1', start, Math.min(end, start + MAX_BANNER));
  return { banner, payloadOffset, payloadLength, is64Bit: (file.readUInt16LE(0x236) & XLF_KERNEL_64) !== 0 };
}

/** Whether a file begins as an ELF file does. */
export function isElf(file: Buffer): boolean {
  return file.length > 4 && file.readUInt32BE(0) === 0x7f454c46;
}

/** What an ELF header must say of a kernel that an x86-64 guest can boot (elf(5)): 64 bits, little endian, EM_X86_64. */
const ELF = { class64: 2, littleEndian: 1, machine: 62, headerBytes: 64, segmentBytes: 56, load: 1 } as const;

/**
 * Why an ELF file is not a whole kernel for x86-64, in a few words; null if nothing is wrong with its headers. QEMU would refuse the file, or
 * load a part of it.
 */
export function problemOfElf(file: Buffer): string | null {
  if (!isElf(file)) return 'is not an ELF file';
  if (file.length < ELF.headerBytes) return 'ends within its header';
  const is64 = file.readUInt8(4) === ELF.class64 && file.readUInt8(5) === ELF.littleEndian;
  const machine = file.readUInt16LE(18);
  if (!is64 || machine !== ELF.machine)
    return `is for another architecture (e_machine ${machine}), not x86-64`;
  const at = Number(file.readBigUInt64LE(32));
  const count = file.readUInt16LE(56);
  if (file.readUInt16LE(54) !== ELF.segmentBytes || count === 0) return 'has no segments to load';
  if (at + count * ELF.segmentBytes > file.length) return 'ends within its program headers';
  const segments = Array.from({ length: count }, (_, index) => at + index * ELF.segmentBytes);
  const loaded = segments.filter(offset => file.readUInt32LE(offset) === ELF.load);
  if (loaded.length === 0) return 'has no segments to load';
  const end = (offset: number): number =>
    Number(file.readBigUInt64LE(offset + 8)) + Number(file.readBigUInt64LE(offset + 32));
  return loaded.every(offset => end(offset) <= file.length) ? null : 'is truncated';
}

/**
 * Returns the uncompressed ELF of a bzImage, or null if bpfrig does not know the compression format (QEMU then boots the bzImage
 * itself, which is slower). Throws an `infra` error if the tool is not installed or the payload is damaged.
 */
export async function unpackPayload(file: Buffer, image: BzImage, path: string): Promise<Buffer | null> {
  const payload = file.subarray(image.payloadOffset, image.payloadOffset + image.payloadLength);
  if (isElf(payload)) return payload;
  const packing = PACKINGS.find(({ magic }) => payload.toString('hex', 0, magic.length / 2) === magic);
  if (packing === undefined) return null;
  // The unpacked size follows the payload (scripts/Makefile.lib, size_append), except with gzip, whose trailer contains it.
  const packed = packing.sizeAppended ? payload.subarray(0, -4) : payload;
  const size = payload.length < 4 ? 0 : payload.readUInt32LE(payload.length - 4);
  if (size > MAX_KERNEL_BYTES)
    throw new BpfrigError(
      'infra',
      `${path}: its payload is said to unpack to ${size} bytes, more than a kernel has`,
    );
  const result = await hostCommandBytes(packing.tool, packing.args, {
    timeoutMs: 300_000,
    input: packed,
    maxOutputBytes: MAX_KERNEL_BYTES,
  });
  const unpacked = result.stdout;
  if (!result.ok || !isElf(unpacked) || unpacked.length !== size) {
    throw new BpfrigError(
      'infra',
      `${path}: the ${packing.tool} payload does not unpack to an ELF of ${size} bytes`,
      {
        detail: result.stderr,
      },
    );
  }
  return unpacked;
}

/** `uname -r` and the upstream version, parsed from a kernel's banner. */
export interface KernelName {
  readonly release: string;
  /** Three numbers, for example `6.12.117`. */
  readonly version: string;
}

/**
 * Parses `6.12.74+deb13-amd64 (who@where) #1 SMP PREEMPT_DYNAMIC Debian 6.12.74-2 (2026-03-08)`, with or without a leading
 * `Linux version `. The release of some Debian kernels does not contain the upstream version (5.10.0-46); it is then taken from the
 * end of the banner. Returns null for other text.
 */
export function parseBanner(banner: string): KernelName | null {
  const text = banner.replace(/^Linux version /, '');
  const release = /^\d+\.\d+\S*/.exec(text)?.[0];
  if (release === undefined) return null;
  const number = (/ Debian (\d+\.\d+(?:\.\d+)?)[-~+]/.exec(text) ??
    /^(\d+\.\d+(?:\.\d+)?)/.exec(release))?.[1];
  if (number === undefined) return null;
  return { release, version: number.split('.').length === 2 ? `${number}.0` : number };
}

/** Returns the `Linux version ...` line of an uncompressed kernel (init/version.c, linux_banner); null if there is none. */
export function bannerOfElf(file: Buffer): string | null {
  // A format string in the kernel starts with the same words, followed by %s.
  for (let at = file.indexOf('Linux version '); at >= 0; at = file.indexOf('Linux version ', at + 1)) {
    if (!/\d/.test(String.fromCharCode(file[at + 14] ?? 0))) continue;
    const end = file.indexOf('\n', at);
    return file.toString('latin1', at, end < 0 ? Math.min(at + 512, file.length) : end);
  }
  return null;
}

/** Reads a whole kernel file. Throws an `infra` error with the reason, also for what is not a file or is larger than any kernel. */
export async function readKernelFile(path: string): Promise<Buffer> {
  try {
    const { size, isFile } = await stat(path).then(stats => ({ size: stats.size, isFile: stats.isFile() }));
    if (!isFile) throw new Error('not a file');
    if (size > MAX_KERNEL_BYTES) throw new Error(`${size} bytes are more than a kernel has`);
    return await readFile(path);
  } catch (error) {
    throw new BpfrigError('infra', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}
