import { existsSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Kernel } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import { isElf } from './elf-kernel.ts';

/** Sections of an ELF64 file: where each is, and how many bytes it has, by its name. */
type Sections = ReadonlyMap<string, { readonly offset: number; readonly size: number }>;

/**
 * The `vmlinux` with debug information that belongs to a kernel, if there is one on this machine: next to the image, at the root of the tree that it was
 * built in, or where packages of Debian with debug symbols put it.
 */
export async function debugVmlinux(
  kernel: Pick<Kernel, 'release' | 'given' | 'image'>,
): Promise<string | null> {
  for (const path of placesOf(kernel)) if (existsSync(path) && (await hasDebugInfo(path))) return path;
  return null;
}

/** Where it may be, the likeliest first. */
export function placesOf({ release, given, image }: Pick<Kernel, 'release' | 'given' | 'image'>): string[] {
  const file = given ?? image;
  const dir = dirname(file);
  return [
    file,
    join(dir, 'vmlinux'),
    // arch/x86/boot/bzImage, arch/arm64/boot/Image
    ...(/\/arch\/\w+\/boot$/.test(dir) ? [join(dir, '..', '..', '..', 'vmlinux')] : []),
    join('/usr/lib/debug/boot', `vmlinux-${release}`),
    join('/usr/lib/debug/lib/modules', release, 'vmlinux'),
  ];
}

/**
 * Throws `usage` where a file is no `vmlinux` with debug information, or not that of a kernel which has these notes (/sys/kernel/notes): its build id is
 * another one. Null for notes that are not known.
 */
export async function checkVmlinux(path: string, notes: Buffer | null): Promise<void> {
  if (!existsSync(path)) throw new BpfrigError('usage', `--vmlinux: there is no file ${path}`);
  if (!(await hasDebugInfo(path)))
    throw new BpfrigError('usage', `--vmlinux: ${path} is no ELF file with debug information (.debug_info)`);
  const [own, running] = [buildId(await sectionOf(path, '.notes')), buildId(notes)];
  if (own === null || running === null || own === running) return;
  throw new BpfrigError(
    'usage',
    `--vmlinux: ${path} is of another kernel: its build id is ${own}, that of the guest is ${running}`,
  );
}

/** NT_GNU_BUILD_ID among the notes of a kernel, in hex; null where there is none. */
export function buildId(notes: Buffer | null): string | null {
  const at = notes?.indexOf(Buffer.from('\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0', 'latin1')) ?? -1;
  return at < 0 || notes === null ? null : notes.toString('hex', at + 16, at + 36);
}

async function hasDebugInfo(path: string): Promise<boolean> {
  await using file = await open(path);
  const sections = await readSections(file);
  return sections.has('.debug_info') || sections.has('.zdebug_info');
}

async function sectionOf(path: string, name: string): Promise<Buffer | null> {
  await using file = await open(path);
  const found = (await readSections(file)).get(name);
  return found === undefined ? null : await bytesOf(file, found.offset, found.size);
}

/** Of a file of hundreds of megabytes only the tables are read. Empty for a file that is no ELF64. */
async function readSections(file: FileHandle): Promise<Sections> {
  const header = await bytesOf(file, 0, 64);
  if (header.length < 64 || !isElf(header) || header[4] !== 2 || header[5] !== 1) return new Map();
  const [start, count, names] = [
    Number(header.readBigUInt64LE(40)),
    header.readUInt16LE(60),
    header.readUInt16LE(62),
  ];
  const table = await bytesOf(file, start, count * 64);
  const all = Array.from({ length: Math.floor(table.length / 64) }, (_, index) => {
    const one = table.subarray(index * 64, index * 64 + 64);
    return {
      name: one.readUInt32LE(0),
      offset: Number(one.readBigUInt64LE(24)),
      size: Number(one.readBigUInt64LE(32)),
    };
  });
  const strings = all[names];
  if (strings === undefined) return new Map();
  const text = await bytesOf(file, strings.offset, strings.size);
  return new Map(
    all.map(({ name, offset, size }) => [
      text.toString('latin1', name, text.indexOf(0, name)),
      { offset, size },
    ]),
  );
}

/** Bytes of a file; fewer where it ends. */
async function bytesOf(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const wanted = Math.min(length, 64 * 1024 * 1024);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(wanted), 0, wanted, at);
  return buffer.subarray(0, bytesRead);
}
