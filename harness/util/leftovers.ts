import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tempOwner } from './cache.ts';
import { isOwnerAlive } from './owner.ts';
import { WORKSPACE_PREFIX } from './workspace.ts';

/**
 * Removes what killed bpfrig processes left behind: their temporary folders and incomplete folders in the cache.
 * Returns the removed paths. (Their QEMU processes ended with them; see `spawnQemu`.)
 */
export async function removeLeftovers(cacheDir: string, temp = tmpdir()): Promise<string[]> {
  const workspaces = await entriesOf(temp, name => workspaceOwner(name));
  const kinds = await readdir(cacheDir).catch(() => []);
  const filling = await Promise.all(
    kinds.map(kind => entriesOf(join(cacheDir, kind), name => tempOwner(name))),
  );
  const dead = [...workspaces, ...filling.flat()].filter(({ owner }) => !isOwnerAlive(owner));
  await Promise.all(dead.map(({ path }) => rm(path, { recursive: true, force: true })));
  return dead.map(({ path }) => path);
}

function workspaceOwner(name: string): string | null {
  return new RegExp(`^${WORKSPACE_PREFIX}(\\d+-\\d+)-`).exec(name)?.[1] ?? null;
}

async function entriesOf(
  folder: string,
  ownerOf: (name: string) => string | null,
): Promise<{ readonly path: string; readonly owner: string }[]> {
  const names = await readdir(folder).catch(() => []);
  return names.flatMap(name => {
    const owner = ownerOf(name);
    return owner === null ? [] : [{ path: join(folder, name), owner }];
  });
}
