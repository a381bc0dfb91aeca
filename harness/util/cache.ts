import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lock } from 'proper-lockfile';
import { OWNER } from './owner.ts';

/**
 * Returns the cached folder `path`. If it does not exist, `fill(tempDir)` creates its content.
 * Several processes may call this concurrently: `fill` runs under a lock, in a temporary folder next to `path` that is then renamed.
 * A folder that exists is therefore complete. If `fill` throws, the error is passed on and nothing is left in the cache.
 */
export async function cachedFolder(path: string, fill: (tempDir: string) => Promise<void>): Promise<string> {
  if (existsSync(path)) {
    // Pruning uses the mtime as the time of last use.
    await utimes(path, new Date(), new Date()).catch(() => undefined);
    return path;
  }
  return withLock(path, async () => {
    if (existsSync(path)) return path;
    const temp = join(dirname(path), `.${OWNER}-${randomBytes(4).toString('hex')}.tmp`);
    try {
      await mkdir(temp, { recursive: true });
      await fill(temp);
      await rename(temp, path);
    } finally {
      await rm(temp, { recursive: true, force: true });
    }
    return path;
  });
}

/** Returns the owner (see `OWNER`) of a temporary folder of the cache, from its name; null for any other name. */
export function tempOwner(name: string): string | null {
  return /^\.(\d+-\d+)-[0-9a-f]+\.tmp$/.exec(name)?.[1] ?? null;
}

/** Runs `work` under an inter-process lock, the file `PATH.lock`. The lock of a process that died expires after 10 s. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const release = await lock(path, {
    realpath: false,
    stale: 10_000,
    update: 2_000,
    retries: { retries: 3_600, factor: 1, minTimeout: 250, maxTimeout: 250 },
  });
  try {
    return await work();
  } finally {
    await release();
  }
}
