import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lock } from 'proper-lockfile';
import { OWNER } from './owner.ts';

/**
 * Returns the cached folder `path`, filling it by `fill(tempDir)` when it is not there yet.
 * Two processes at once are safe: the filling is done under a lock, in a folder beside it that is then renamed, so that a
 * folder that exists is whole. Errors of `fill` pass through and leave nothing.
 */
export async function cachedFolder(path: string, fill: (tempDir: string) => Promise<void>): Promise<string> {
  if (existsSync(path)) {
    // Its age since last use is what pruning goes by.
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

/** Who is filling a temporary folder of the cache, by its name; null for any other name. */
export function tempOwner(name: string): string | null {
  return /^\.(\d+-\d+)-[0-9a-f]+\.tmp$/.exec(name)?.[1] ?? null;
}

/** Runs `work` under an inter-process lock named by `path` (a file `path.lock` beside it). A holder that died is noticed after 10 s. */
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
