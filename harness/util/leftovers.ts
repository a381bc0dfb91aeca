import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTemps, tempEntry } from './cache.ts';
import { ifUnlocked, lockedName } from './lock.ts';
import { claimOf } from './owner.ts';
import { WORKSPACE_PREFIX } from './workspace.ts';

/** A folder without a claim is one in the making, or was left by a bpfrig that was killed in the making of it. */
const UNCLAIMED_MS = 24 * 3_600_000;

/**
 * Removes what killed bpfrig processes of this user left behind: their temporary folders, and incomplete folders and locks in the cache.
 * What others own, what is in use and what cannot be removed stays where it is. Returns the removed paths. (Their QEMU processes ended
 * with them; see `spawnQemu`.)
 */
export async function removeLeftovers(cacheDir: string, temp = tmpdir()): Promise<string[]> {
  const kinds = (await readdir(cacheDir).catch(() => [])).map(kind => join(cacheDir, kind));
  const removed = await Promise.all([removeWorkspaces(temp), ...kinds.map(removeUnfinished)]);
  return removed.flat();
}

async function removeWorkspaces(temp: string): Promise<string[]> {
  const pattern = new RegExp(`^${WORKSPACE_PREFIX}\\d+-\\d+-`);
  const names = (await readdir(temp).catch(() => [])).filter(name => pattern.test(name));
  const removed = await Promise.all(
    names.map(async name => ((await isAbandoned(join(temp, name))) ? remove(join(temp, name)) : [])),
  );
  return removed.flat();
}

/** Anybody can make a folder of this name in a shared temporary folder, or a symbolic link. */
async function isAbandoned(dir: string): Promise<boolean> {
  if (!(await isOwnFolder(dir))) return false;
  const claim = await claimOf(dir);
  return claim === 'ended' || (claim === 'none' && (await isOlderThan(dir, UNCLAIMED_MS)));
}

async function removeUnfinished(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const entries = new Set(names.flatMap(name => tempEntry(name) ?? lockedName(name) ?? []));
  const removed: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry);
    // Whoever fills a folder holds its lock. The lock's file goes with it.
    await ifUnlocked(path, async () => void removed.push(...(await removeTemps(path)))).catch(
      () => undefined,
    );
  }
  // Until version 0.1.0 a lock was a folder of its own, and temporary folders had the name of their process.
  for (const name of names) {
    const path = join(folder, name);
    const isOld = /^[^.].*\.lock$|^\.\d+-\d+-[0-9a-f]+\.tmp$/.test(name) && (await isOwnFolder(path));
    if (!isOld || !(await isOlderThan(path, UNCLAIMED_MS))) continue;
    if (name.endsWith('.lock'))
      await rmdir(path).then(
        () => removed.push(path),
        () => undefined,
      );
    else removed.push(...(await remove(path)));
  }
  return removed;
}

async function isOwnFolder(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => null);
  return stats !== null && stats.isDirectory() && stats.uid === process.getuid?.();
}

async function isOlderThan(path: string, ms: number): Promise<boolean> {
  const stats = await lstat(path).catch(() => null);
  return stats !== null && Date.now() - stats.mtimeMs > ms;
}

/** Returns what was removed: a folder into which a child of a killed process still writes may have to wait for the next session. */
async function remove(path: string): Promise<string[]> {
  return await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }).then(
    () => [path],
    () => [],
  );
}
