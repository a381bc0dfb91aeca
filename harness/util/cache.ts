import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, utimes } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { cacheError } from './cache-error.ts';
import { hostNote } from './host-notes.ts';
import { ifUnlocked, withLock } from './lock.ts';
import { damageOf, readManifest, stampOf, writeManifest } from './manifest.ts';

/** How an entry of the cache is used. */
export interface CacheOptions {
  /** Which files are verified whenever the entry is taken, by path within it; absent: all. `ensureIntact` verifies the others. */
  readonly verified?: (name: string) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Creates the content of an entry in a temporary folder. */
type Fill = (tempDir: string) => Promise<void>;

/** An entry that this process has taken: how to make it again, and what of it was seen to be right. */
interface Taken {
  readonly fill: Fill;
  readonly options: CacheOptions;
  /** Files that `options.verified` selects; null before the first verification. */
  names: readonly string[] | null;
  /** `stampOf` each file when its content was verified. */
  readonly stamps: Map<string, string>;
}

const taken = new Map<string, Taken>();

/**
 * Returns the cached folder `path`. If it does not exist, `fill(tempDir)` creates its content. If it is damaged (a file differs from the manifest
 * that was written when it was made, or the manifest does), that is reported in one line and the folder is made anew.
 *
 * Several processes may call this concurrently: `fill` runs under a lock, in a temporary folder next to `path` that is then renamed. A folder
 * that exists is therefore complete. If `fill` throws, the error is passed on and the cache is as before; `infra` with a remedy if the
 * disk was the reason.
 */
export async function cachedFolder(path: string, fill: Fill, options: CacheOptions = {}): Promise<string> {
  const before = taken.get(path);
  taken.set(path, { fill, options, names: before?.names ?? null, stamps: before?.stamps ?? new Map() });
  await inTurn(path, () => take(path, []));
  return path;
}

/**
 * Makes sure that files are as they were when the entry of the cache which holds them was made. It costs a system call per file while they have not
 * been written to since they were verified. An entry that is damaged is reported and made anew. Files outside of the entries that
 * this process has taken are not looked at.
 */
export async function ensureIntact(files: readonly string[]): Promise<void> {
  const byEntry = new Map<string, string[]>();
  for (const file of files) {
    const path = entryOf(file);
    if (path !== null) byEntry.set(path, [...(byEntry.get(path) ?? []), file.slice(path.length + 1)]);
  }
  await Promise.all([...byEntry].map(([path, names]) => inTurn(path, () => take(path, names))));
}

/** Whether a folder of the cache, which need not have been taken, has the files as its manifest lists them. */
export async function isIntact(path: string, names: readonly string[]): Promise<boolean> {
  const manifest = await readManifest(path, basename(path));
  if (typeof manifest === 'string') return false;
  const damages = await Promise.all(
    names.map(async name => {
      const record = manifest.get(name);
      return record === undefined ? 'is gone' : await damageOf(join(path, name), record);
    }),
  );
  return damages.every(damage => damage === null);
}

/** Removes an entry, so that the next one who wants it makes it anew. */
export async function discardEntry(path: string): Promise<void> {
  await withLock(path, () => discard(path));
}

/** Removes an entry unless somebody is making it just now. Returns whether it is gone. */
export async function discardIdleEntry(path: string): Promise<boolean> {
  return (await ifUnlocked(path, () => discard(path))) && !existsSync(path);
}

/** Returns the name of the entry that a temporary folder of the cache is made for; null for any other name. */
export function tempEntry(name: string): string | null {
  return /^\.([^.]+)\.[0-9a-f]{8}\.tmp$/.exec(name)?.[1] ?? null;
}

function tempFor(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.tmp`);
}

function entryOf(file: string): string | null {
  for (let at = file.lastIndexOf(sep); at > 0; at = file.lastIndexOf(sep, at - 1)) {
    const folder = file.slice(0, at);
    if (taken.has(folder)) return folder;
  }
  return null;
}

const turns = new Map<string, Promise<unknown>>();

/** One verification or making of an entry at a time: whoever asks meanwhile profits from it. */
function inTurn(path: string, work: () => Promise<void>): Promise<void> {
  const before = turns.get(path) ?? Promise.resolve();
  const mine = before.then(work, work);
  turns.set(path, mine);
  mine.finally(() => turns.get(path) === mine && turns.delete(path)).catch(() => undefined);
  return mine;
}

async function take(path: string, more: readonly string[]): Promise<void> {
  const entry = taken.get(path);
  if (entry === undefined) return;
  if ((await stateOf(path, entry, more)) !== 'intact') {
    await withLock(
      path,
      async () => {
        // Another process may have made it meanwhile.
        const state = await stateOf(path, entry, more);
        if (state === 'intact') return;
        if (state !== 'absent') hostNote(`${path} in the cache is damaged (${state}) and is made anew`);
        await make(path, entry);
        const made = await stateOf(path, entry, more);
        if (made !== 'intact') throw new Error(`${path} was just made, and is ${made}`);
      },
      { signal: entry.options.signal },
    );
  }
  // Pruning uses the mtime as the time of last use.
  await utimes(path, new Date(), new Date()).catch(() => undefined);
}

/** `intact`, `absent`, or what is damaged. */
async function stateOf(path: string, entry: Taken, more: readonly string[]): Promise<string> {
  if (!existsSync(path)) return 'absent';
  const { stamps } = entry;
  const stampNow = async (name: string): Promise<string | null> => await stampOf(join(path, name));
  const isSame = async (name: string): Promise<boolean> => {
    const before = stamps.get(name);
    return before !== undefined && before === (await stampNow(name));
  };
  if (entry.names !== null && (await Promise.all([...entry.names, ...more].map(isSame))).every(Boolean))
    return 'intact';
  try {
    const manifest = await readManifest(path, basename(path));
    if (typeof manifest === 'string') return manifest;
    const names = [...manifest.keys()].filter(name => entry.options.verified?.(name) ?? true);
    for (const name of new Set([...names, ...more])) {
      if (await isSame(name)) continue;
      const record = manifest.get(name);
      if (record === undefined) return `${name} is not in its manifest`;
      // Before the content is read: a write during the reading then shows in the next stamp.
      const stamp = await stampNow(name);
      const damage = await damageOf(join(path, name), record);
      if (damage !== null) return `${name} ${damage}`;
      stamps.set(name, stamp ?? '');
    }
    entry.names = names;
    return 'intact';
  } catch (error) {
    throw await cacheError(path, error);
  }
}

/** Runs under the entry's lock. */
async function make(path: string, { fill, stamps }: Taken): Promise<void> {
  const temp = tempFor(path);
  try {
    await removeTemps(path);
    stamps.clear();
    await mkdir(temp, { mode: 0o700 });
    await fill(temp);
    await writeManifest(temp, basename(path));
    await discard(path);
    await rename(temp, path);
  } catch (error) {
    throw await cacheError(path, error);
  } finally {
    await remove(temp);
  }
}

/** Removes the temporary folders of an entry. Its lock must be held: then nobody fills them any more. */
export async function removeTemps(path: string): Promise<string[]> {
  const folder = dirname(path);
  const names = (await readdir(folder)).filter(name => tempEntry(name) === basename(path));
  const paths = names.map(name => join(folder, name));
  await Promise.all(paths.map(remove));
  return paths;
}

/** Takes an entry away at once and removes it then: nobody must see a half of it. */
async function discard(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const temp = tempFor(path);
  await rename(path, temp);
  await remove(temp);
}

/** Removes a folder; a child of a killed process may still be writing into it. What cannot be removed now is a leftover for the next session. */
async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }).catch(() => undefined);
}
