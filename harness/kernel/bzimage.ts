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
