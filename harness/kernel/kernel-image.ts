import { readFile, stat } from 'node:fs/promises';
import type { ArchName } from '../model/kernel.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { bannerIn } from './banner.ts';
import { type BzImage, parseBzImage } from './bzimage.ts';
import { flatImage, isElf, parseElfKernel } from './elf-kernel.ts';
import { foreignFile } from './foreign-file.ts';
import { archOfImage, bannerOfS390, isS390Image, parseZboot } from './linux-image.ts';
import { MAX_KERNEL_BYTES, unpackBytes } from './packed.ts';

/** A kernel's file, as a boot loader or its linker knows it. */
export interface KernelImage {
  readonly arch: ArchName;
  /** `uname -r`, builder and `uname -v` in one line; null where the file does not say. */
  readonly banner: string | null;
  /** Makes what QEMU boots faster than the file, or at all: its content uncompressed; null for a compression that bpfrig does not know. Null: the file itself is that. */
  readonly unpack: (() => Promise<Buffer | null>) | null;
}

/**
 * Recognizes a kernel by its content: an ELF file (vmlinux), a bzImage of x86-64 or s390x, an Image of arm64 or riscv64, plain, compressed by gzip and the
 * like, or for EFI. Returns in a few words what is wrong with any other file. Throws an `infra` error for a damaged one, and where a tool is missing.
 */
export async function readKernelImage(file: Buffer, path: string): Promise<KernelImage | string> {
  if (isElf(file)) return elfKernel(file);
  const bzImage = parseBzImage(file);
  if (bzImage !== null) return bzImage.is64Bit ? bzImageKernel(file, bzImage, path) : 'is for 32-bit x86';
  if (isS390Image(file)) return { arch: 's390x', banner: bannerOfS390(file), unpack: null };
  const arch = archOfImage(file);
  if (arch !== null) return { arch, banner: bannerIn(file), unpack: null };
  return (await packedImage(file, path)) ?? foreignFile(file);
}

function bzImageKernel(
  file: Buffer,
  { payloadOffset, payloadLength, banner }: BzImage,
  path: string,
): KernelImage {
  const payload = file.subarray(payloadOffset, payloadOffset + payloadLength);
  const unpack = async (): Promise<Buffer | null> => {
    const unpacked = isElf(payload) ? payload : await unpackBytes(payload, path);
    const inner = unpacked === null ? null : parseElfKernel(unpacked);
    if (typeof inner === 'string') throw new BpfrigError('infra', `the kernel in ${path} ${inner}`);
    return unpacked;
  };
  return { arch: 'amd64', banner, unpack };
}

/** An Image that is compressed, by itself or for EFI; null for another file. What is in it is known only when it is unpacked. */
async function packedImage(file: Buffer, path: string): Promise<KernelImage | null> {
  const zboot = parseZboot(file);
  const payload =
    zboot === null ? file : file.subarray(zboot.payloadOffset, zboot.payloadOffset + zboot.payloadLength);
  const image = await unpackBytes(payload, path, { sizeAppended: zboot !== null });
  const arch = image === null ? null : archOfImage(image);
  return image === null || arch === null
    ? null
    : { arch, banner: bannerIn(image), unpack: async () => image };
}

function elfKernel(file: Buffer): KernelImage | string {
  const kernel = parseElfKernel(file);
  if (typeof kernel === 'string') return kernel;
  const { arch } = kernel;
  const banner = bannerIn(file);
  switch (arch) {
    case 'amd64':
    case 'riscv64':
      return { arch, banner, unpack: null };
    case 'arm64': {
      // QEMU starts an ELF file without a device tree.
      const image = flatImage(file, kernel, MAX_KERNEL_BYTES);
      if (image === null || archOfImage(image) === null) return 'has no header of an arm64 Image';
      return { arch, banner, unpack: async () => image };
    }
    case 's390x':
      return 'is a vmlinux, which a guest of s390x cannot boot: use the bzImage of the same build';
  }
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
