import { chmod, lstat, open, readdir, readFile, writeFile, type FileHandle } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { crc32 } from 'node:zlib';
import { hostCommand } from './host-command.ts';

/**
 * What a file of a cache entry must be. CRC-32 finds every flipped bit and every burst of damage; it is not meant to stop someone who can write
 * to the cache, for whom the manifest itself would be no obstacle.
 */
export interface FileRecord {
  readonly size: number;
  /** Allocated blocks of 512 bytes when `sparse`, otherwise null: while a sparse file has no more of them, its holes are holes. */
  readonly blocks: number | null;
  /** CRC-32 of each range of `RANGE` bytes; -1 for zeros only. */
  readonly ranges: readonly number[];
}

/** What was written into an entry of the cache, by path within the entry. */
export type Manifest = ReadonlyMap<string, FileRecord>;

/** Name of the manifest in an entry. */
export const MANIFEST = 'manifest.json';

/** Increase this when a manifest has another format: entries with an older one are made anew. */
const FORMAT = 1;

/** At least the block size of every file system, so that a range of zeros is one hole. */
const RANGE = 64 * 1024;

const ZEROS = Buffer.alloc(RANGE);

/**
 * Records every file below `dir`, closes files and folders to other users, and writes the manifest of the entry `name`. A sparse file (the RAM of a
 * template) loses its blocks of zeros, so that its holes need not be read again.
 */
export async function writeManifest(dir: string, name: string): Promise<void> {
  await chmod(dir, 0o700);
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files: Record<string, FileRecord> = {};
  for (const entry of entries.toSorted((a, b) => compare(pathOf(a), pathOf(b)))) {
    if (entry.isDirectory()) await chmod(pathOf(entry), 0o700);
    if (entry.isFile()) files[relative(dir, pathOf(entry))] = await record(pathOf(entry));
  }
  const crc = crc32(JSON.stringify(files));
  await writeFile(join(dir, MANIFEST), JSON.stringify({ format: FORMAT, name, crc, files }), { mode: 0o600 });
}

/** Reads the manifest of the entry `name`. Returns a few words that say what is wrong with it if it cannot be used.  */
export async function readManifest(dir: string, name: string): Promise<Manifest | string> {
  const text = await readFile(join(dir, MANIFEST), 'utf8').catch((error: unknown) => wordsFor(error));
  if (typeof text !== 'string') return `${MANIFEST} ${text.words}`;
  try {
    const { format, name: of, crc, files } = JSON.parse(text) as Record<string, unknown>;
    if (format !== FORMAT) return `${MANIFEST} has another format`;
    if (of !== name) return `${MANIFEST} is that of ${String(of)}`;
    if (crc !== crc32(JSON.stringify(files))) return `${MANIFEST} is damaged`;
    return new Map(Object.entries(files as Record<string, FileRecord>));
  } catch {
    return `${MANIFEST} is not JSON`;
  }
}

/** Compares a file with its record. Returns null, or a few words that say what is wrong with it. Throws when this process cannot read it at all. */
export async function damageOf(path: string, { size, blocks, ranges }: FileRecord): Promise<string | null> {
  try {
    const stats = await lstat(path);
    if (!stats.isFile()) return 'is not a file';
    if (stats.size !== size) return `has ${stats.size} bytes instead of ${size}`;
    const holesHold = blocks !== null && stats.blocks <= blocks;
    await using file = await open(path);
    return await firstDifference(file, size, ranges, holesHold);
  } catch (error) {
    return wordsFor(error).words;
  }
}

/** A text that changes with every write to a file: whoever has verified it need not do so again while the text is the same. Null without a file. */
export async function stampOf(path: string): Promise<string | null> {
  const stats = await lstat(path, { bigint: true }).catch(() => null);
  if (stats === null) return null;
  const { dev, ino, size, blocks, mtimeNs, ctimeNs } = stats;
  return [dev, ino, size, blocks, mtimeNs, ctimeNs].join(':');
}

async function record(path: string): Promise<FileRecord> {
  const { mode, size, blocks } = await lstat(path);
  await chmod(path, mode & 0o700);
  const sparse = blocks * 512 < size && (await digHoles(path));
  await using file = await open(path);
  const ranges: number[] = [];
  await eachRange(file, size, null, range => void ranges.push(digest(range)));
  return { size, blocks: sparse ? (await lstat(path)).blocks : null, ranges };
}

/** Returns whether each block of zeros is a hole now: not every file system has them. */
async function digHoles(path: string): Promise<boolean> {
  return await hostCommand('fallocate', ['--dig-holes', path], { timeoutMs: 60_000 }).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function firstDifference(
  file: FileHandle,
  size: number,
  ranges: readonly number[],
  holesHold: boolean,
): Promise<string | null> {
  const wanted = holesHold ? ranges.map(crc => crc !== -1) : null;
  let at: number | null = null;
  await eachRange(file, size, wanted, (range, index) => {
    if (at === null && digest(range) !== ranges[index]) at = index * RANGE;
  });
  return at === null ? null : `differs within the ${RANGE / 1024} KiB at offset ${String(at)}`;
}

/** Calls `use` with every range of a file, or those that `wanted` names, in order; several are read at once. Throws when the file is shorter than `size`. */
async function eachRange(
  file: FileHandle,
  size: number,
  wanted: readonly boolean[] | null,
  use: (range: Buffer, index: number) => void,
): Promise<void> {
  const count = Math.ceil(size / RANGE);
  const isWanted = (index: number): boolean => index < count && (wanted?.[index] ?? true);
  const buffer = Buffer.allocUnsafe(Math.min(count, AT_ONCE) * RANGE);
  for (let first = 0; first < count;) {
    let end = first;
    while (end - first < AT_ONCE && isWanted(end)) end += 1;
    if (end === first) {
      first += 1;
      continue;
    }
    const bytes = Math.min(end * RANGE, size) - first * RANGE;
    const read = await readFully(file, buffer.subarray(0, bytes), first * RANGE);
    for (let index = first; index < end; index += 1)
      use(read.subarray((index - first) * RANGE, (index - first + 1) * RANGE), index);
    first = end;
  }
}

/** Ranges that one call reads: 1 MiB. */
const AT_ONCE = 16;

async function readFully(file: FileHandle, into: Buffer, position: number): Promise<Buffer> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) throw new Error('ends early');
    done += bytesRead;
  }
  return into;
}

function digest(range: Buffer): number {
  return range.equals(range.length === RANGE ? ZEROS : ZEROS.subarray(0, range.length)) ? -1 : crc32(range);
}

/** Errors that say nothing about the file. */
const NOT_DAMAGE = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EACCES', 'EPERM']);

function wordsFor(error: unknown): { readonly words: string } {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== undefined && NOT_DAMAGE.has(code)) throw error;
  return { words: code === 'ENOENT' ? 'is gone' : `cannot be read (${code ?? message})` };
}

function pathOf(entry: { readonly parentPath: string; readonly name: string }): string {
  return join(entry.parentPath, entry.name);
}

/** By bytes, so that the order does not depend on a locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
