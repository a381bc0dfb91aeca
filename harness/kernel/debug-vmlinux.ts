import { existsSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { byteOrderOf, integerOf, integersBytes } from '../arch/byte-order.ts';
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
  if (notes === null) return null;
  for (const order of ['little', 'big'] as const) {
    const at = notes.indexOf(Buffer.concat([integersBytes([4, 20, 3], 4, order), Buffer.from('GNU\0')]));
    if (at >= 0) return notes.toString('hex', at + 16, at + 36);
  }
  return null;
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
  if (header.length < 64 || !isElf(header) || header[4] !== 2) return new Map();
  const order = byteOrderOf({ littleEndian: header[5] === 1 });
  const number = (from: Buffer, at: number, size: number): number =>
    Number(integerOf(from.subarray(at, at + size), order));
  const [start, count, names] = [number(header, 40, 8), number(header, 60, 2), number(header, 62, 2)];
  const table = await bytesOf(file, start, count * 64);
  const all = Array.from({ length: Math.floor(table.length / 64) }, (_, index) => {
    const one = table.subarray(index * 64, index * 64 + 64);
    return { name: number(one, 0, 4), offset: number(one, 24, 8), size: number(one, 32, 8) };
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
