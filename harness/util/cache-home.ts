import { chmod, lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheError } from './cache-error.ts';
import { BpfrigError } from './errors.ts';

/**
 * Makes the cache's folder if there is none, and closes it to other users: it holds the memory and the keys of guests, and what runs in them.
 * Throws `infra` with a remedy if it cannot be made, or belongs to somebody else.
 */
export async function prepareCache(cacheDir: string): Promise<void> {
  try {
    await mkdir(cacheDir, { recursive: true, mode: 0o700 });
    const uid = process.getuid?.();
    const stats = await lstat(cacheDir);
    if (stats.uid !== uid)
      throw new BpfrigError(
        'infra',
        `the cache ${cacheDir} belongs to user ${stats.uid}, and this is user ${uid}: set XDG_CACHE_HOME to a folder of your own`,
      );
    const parts = (await readdir(cacheDir, { withFileTypes: true })).filter(entry => entry.isDirectory());
    // On a read-only disk there is nothing to close; that fails where something is to be written.
    await Promise.all(
      [cacheDir, ...parts.map(({ name }) => join(cacheDir, name))].map(dir =>
        chmod(dir, 0o700).catch(() => undefined),
      ),
    );
  } catch (error) {
    throw await cacheError(cacheDir, error);
  }
}
