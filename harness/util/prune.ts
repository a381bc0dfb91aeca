import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** A folder of the cache that can be made again. */
interface CacheEntry {
  readonly path: string;
  readonly bytes: number;
  /** When it was last used, in milliseconds since the epoch: `cachedFolder` touches what it gives. */
  readonly usedAt: number;
}

/** What pruning did. */
export interface Pruned {
  readonly removed: number;
  readonly removedBytes: number;
  readonly keptBytes: number;
}

const MiB = 1024 * 1024;

/** How much each part of the cache may hold, in MiB. A template of a guest of 512 MiB takes about 150 on disk, a kernel 220. */
export const CACHE_LIMITS_MIB: Readonly<Record<string, number>> = {
  templates: 8_192,
  kernels: 12_288,
  initramfs: 2_048,
  build: 512,
};

/** Removes what was not used for longest from each part of the cache, until the part is within its limit. */
export async function pruneCache(cacheDir: string, limitsMiB = CACHE_LIMITS_MIB): Promise<Pruned> {
  const parts = await Promise.all(
    Object.entries(limitsMiB).map(([part, limit]) => prunePart(join(cacheDir, part), limit * MiB)),
  );
  return parts.reduce((a, b) => ({
    removed: a.removed + b.removed,
    removedBytes: a.removedBytes + b.removedBytes,
    keptBytes: a.keptBytes + b.keptBytes,
  }));
}

async function prunePart(folder: string, limit: number): Promise<Pruned> {
  const newestFirst = (await entriesOf(folder)).toSorted((a, b) => b.usedAt - a.usedAt);
  let keptBytes = 0;
  const out: CacheEntry[] = [];
  for (const entry of newestFirst) {
    if (keptBytes + entry.bytes > limit) out.push(entry);
    else keptBytes += entry.bytes;
  }
  // A guest that is a clone of a removed template lives on: its RAM file is open.
  await Promise.all(out.map(({ path }) => rm(path, { recursive: true, force: true })));
  return { removed: out.length, removedBytes: out.reduce((sum, { bytes }) => sum + bytes, 0), keptBytes };
}

/** Entries that are whole: what is being filled begins with a dot, and locks are not ours to remove. */
async function entriesOf(folder: string): Promise<CacheEntry[]> {
  const names = (await readdir(folder).catch(() => [])).filter(
    name => !name.startsWith('.') && !name.endsWith('.lock'),
  );
  const paths = names.map(name => join(folder, name));
  const sizes = await diskUsage(paths);
  return Promise.all(
    paths.map(async path => {
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
      return { path, bytes: sizes.get(path) ?? 0, usedAt: mtimeMs };
    }),
  );
}

/** Bytes on disk by path: a RAM file is mostly holes. By du, since a kernel's folder has thousands of files. */
async function diskUsage(paths: readonly string[]): Promise<Map<string, number>> {
  if (paths.length === 0) return new Map();
  // What another bpfrig removes meanwhile is an error to du, and no loss.
  const { stdout } = await execa('du', ['--summarize', '--block-size=1', '--', ...paths], { reject: false });
  return new Map(
    stdout
      .split('\n')
      .map(line => line.split('\t'))
      .map(([bytes = '0', path = '']) => [path, Number(bytes)] as const),
  );
}
