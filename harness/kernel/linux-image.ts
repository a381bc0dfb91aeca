import type { ArchName } from '../model/kernel.ts';

/** Where an `Image` says what it is for: Documentation/arch/arm64/booting.rst, Documentation/arch/riscv/boot-image-header.rst. */
const MAGIC_AT = 56;
const MAGIC: Readonly<Record<string, ArchName>> = { 'ARM\x64': 'arm64', 'RSC\x05': 'riscv64' };

/** The architecture of an uncompressed `Image`; null for another file. */
export function archOfImage(file: Buffer): ArchName | null {
  const magic = file.toString('latin1', MAGIC_AT, MAGIC_AT + 4);
  return Object.hasOwn(MAGIC, magic) ? (MAGIC[magic] ?? null) : null;
}

/** An image that an EFI firmware starts, which unpacks itself (drivers/firmware/efi/libstub/zboot-header.S). */
export interface Zboot {
  readonly payloadOffset: number;
  readonly payloadLength: number;
}

/** Parses the header of `vmlinuz.efi`; null for another file. */
export function parseZboot(file: Buffer): Zboot | null {
  if (file.length < 64 || file.toString('latin1', 0, 2) !== 'MZ' || file.toString('latin1', 4, 8) !== 'zimg')
    return null;
  const payloadOffset = file.readUInt32LE(8);
  const payloadLength = file.readUInt32LE(12);
  return payloadLength === 0 || payloadOffset + payloadLength > file.length
    ? null
    : { payloadOffset, payloadLength };
}

/** s390x's image says who it is behind its first 64 KiB (arch/s390/boot/head.S), where QEMU looks, too. */
const S390 = { at: 0x10008, magic: 'S390EP' } as const;

/** Whether a file is an image of s390x. */
export function isS390Image(file: Buffer): boolean {
  return file.toString('latin1', S390.at, S390.at + S390.magic.length) === S390.magic;
}

/** The text `UTS_RELEASE (builder) UTS_VERSION` of a kernel that is compressed but for its decompressor (arch/s390/boot/version.c); null if there is none. */
export function bannerOfS390(file: Buffer): string | null {
  const text = file.subarray(0, 1024 ** 2).toString('latin1');
  return /\d+\.\d+[^\0\n]* \([^\0\n]*\) #\d[^\0\n]*/.exec(text)?.[0] ?? null;
}
