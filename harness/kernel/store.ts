import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kernel, KernelPackage } from '../model/kernel.ts';
import { cachedFolder } from '../util/cache.ts';
import { hashKey } from '../util/hash.ts';

/** What a cached kernel's own folder says of it; `image` and `modulesDir` are relative to the folder. */
export type StoredKernel = Pick<
  Kernel,
  'series' | 'version' | 'release' | 'image' | 'modulesDir' | 'packages'
>;

/** To be raised when what is kept of a kernel changes, so that older folders are not used. */
const STORE_FORMAT = 1;

/** Cache key of what Debian packages hold: their checksums, in any order. */
export function packagesKey(packages: readonly Pick<KernelPackage, 'sha256'>[]): string {
  return hashKey([STORE_FORMAT, ...packages.map(entry => entry.sha256).sort()]);
}

/** Cache key of kernel files given by path: their contents' checksums. */
export function contentKey(checksums: readonly string[]): string {
  return hashKey([STORE_FORMAT, 'content', ...checksums]);
}

/** Folder of a cached kernel. */
export function storeFolder(cacheDir: string, key: string): string {
  return join(cacheDir, 'kernels', key);
}

export function isStored(cacheDir: string, key: string): boolean {
  return existsSync(join(storeFolder(cacheDir, key), 'kernel.json'));
}

/**
 * A kernel from the cache, filled by `fill(folder)` when it is not there. Safe between processes; an error of `fill` passes through
 * and leaves nothing.
 */
export async function storedKernel(
  cacheDir: string,
  key: string,
  fill: (folder: string) => Promise<StoredKernel>,
): Promise<StoredKernel> {
  const folder = await cachedFolder(storeFolder(cacheDir, key), async temp => {
    await writeFile(join(temp, 'kernel.json'), `${JSON.stringify(await fill(temp), null, 2)}\n`);
  });
  return JSON.parse(await readFile(join(folder, 'kernel.json'), 'utf8')) as StoredKernel;
}

/** A cached kernel as the rest of bpfrig sees it: paths absolute. */
export function kernelFrom(
  stored: StoredKernel,
  about: Pick<Kernel, 'id' | 'spec' | 'flavour' | 'notes' | 'key'> & { readonly cacheDir: string },
): Kernel {
  const { cacheDir, ...rest } = about;
  const folder = storeFolder(cacheDir, about.key);
  return {
    ...stored,
    ...rest,
    image: join(folder, stored.image),
    modulesDir: stored.modulesDir === null ? null : join(folder, stored.modulesDir),
  };
}
