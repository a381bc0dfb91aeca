import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { discardIdleEntry } from './cache.ts';
import { hostCommand } from './host-command.ts';

/** A folder of the cache. It can be recreated. */
interface CacheEntry {
  readonly path: string;
  readonly bytes: number;
  /** Time of last use in milliseconds since the epoch; `cachedFolder` updates it. */
  readonly usedAt: number;
}

/** The outcome of pruning. */
export interface Pruned {
  readonly removed: number;
  readonly removedBytes: number;
  readonly keptBytes: number;
}

const MiB = 1024 * 1024;

/** Maximum size of each part of the cache in MiB. A template of a 512 MiB guest takes about 100 MiB on disk, a kernel 220 MiB. With room
 * for fewer templates than a run uses, the next run would find those that it needs last, and make the others anew: the 101 of five suites on two to eight
 * kernels took 10,469 MiB. */
export const CACHE_LIMITS_MIB: Readonly<Record<string, number>> = {
  templates: 24_576,
  kernels: 12_288,
  initramfs: 2_048,
  build: 512,
  libbpf: 64,
  sysroots: 2_048,
  trees: 12_288,
};

/** Removes the least recently used entries from each part of the cache until the part is within its limit. */
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
  const removed: CacheEntry[] = [];
  for (const entry of newestFirst) {
    if (keptBytes + entry.bytes > limit) removed.push(entry);
    else keptBytes += entry.bytes;
  }
  // Running clones of a removed template are not affected: they have its RAM file open.
  const gone: CacheEntry[] = [];
  for (const entry of removed) {
    // An entry that cannot be removed is no reason for a run to fail.
    if (await discardIdleEntry(entry.path).catch(() => false)) gone.push(entry);
    else keptBytes += entry.bytes;
  }
  return {
    removed: gone.length,
    removedBytes: gone.reduce((sum, { bytes }) => sum + bytes, 0),
    keptBytes,
  };
}

/** Returns the complete entries. Incomplete folders start with a dot, and locks must not be removed here. */
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

/**
 * Returns the bytes on disk by path. Apparent sizes would be wrong, because RAM files are sparse. Uses du, because a kernel's folder
 * has thousands of files.
 */
async function diskUsage(paths: readonly string[]): Promise<Map<string, number>> {
  if (paths.length === 0) return new Map();
  // du fails on files that another bpfrig removes in the meantime; such a failure is harmless.
  const { stdout } = await hostCommand('du', ['--summarize', '--block-size=1', '--', ...paths], {
    timeoutMs: 60_000,
  });
  return new Map(
    stdout
      .split('\n')
      .map(line => line.split('\t'))
      .map(([bytes = '0', path = '']) => [path, Number(bytes)] as const),
  );
}
