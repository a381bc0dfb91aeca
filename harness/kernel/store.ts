import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kernel, KernelPackage } from '../model/kernel.ts';
import { cachedFolder, isIntact } from '../util/cache.ts';
import { hashKey } from '../util/hash.ts';

/** Content of kernel.json in a cached kernel's folder; `image` and `modulesDir` are relative to the folder. */
export type StoredKernel = Pick<
  Kernel,
  'series' | 'version' | 'release' | 'image' | 'modulesDir' | 'packages'
> & {
  /** Absent where whoever takes the kernel knows it. */
  readonly arch?: Kernel['arch'];
};

/** Increase this when the content of a kernel's folder changes, so that older folders are not used. */
const STORE_FORMAT = 1;

/** Returns the cache key of a set of Debian packages. It depends on their checksums, not on their order. */
export function packagesKey(packages: readonly Pick<KernelPackage, 'sha256'>[]): string {
  return hashKey([STORE_FORMAT, ...packages.map(entry => entry.sha256).sort()]);
}

/** Returns the cache key of kernel files given by path, from the checksums of their content. */
export function contentKey(checksums: readonly string[]): string {
  return hashKey([STORE_FORMAT, 'content', ...checksums]);
}

/** Returns the folder of a cached kernel. */
export function storeFolder(cacheDir: string, key: string): string {
  return join(cacheDir, 'kernels', key);
}

/** Whether the cache has a kernel of this key. */
export function isStored(cacheDir: string, key: string): boolean {
  return existsSync(join(storeFolder(cacheDir, key), 'kernel.json'));
}

/** A kernel has thousands of modules: those that a guest gets are verified when they are packed for it. */
function isReadByHost(name: string): boolean {
  return !/\.ko(?:\.\w+)?$/.test(name);
}

/**
 * Returns a kernel from the cache, verified. If it is missing or damaged, `fill(folder)` creates it. Several processes may call this concurrently. If `fill`
 * throws, the error is passed on and nothing is left in the cache.
 */
export async function storedKernel(
  cacheDir: string,
  key: string,
  fill: (folder: string) => Promise<StoredKernel>,
  signal?: AbortSignal,
): Promise<StoredKernel> {
  const makeFolder = async (temp: string): Promise<void> => {
    await writeFile(join(temp, 'kernel.json'), `${JSON.stringify(await fill(temp), null, 2)}\n`);
  };
  const options = { verified: isReadByHost, signal };
  const folder = await cachedFolder(storeFolder(cacheDir, key), makeFolder, options);
  return JSON.parse(await readFile(join(folder, 'kernel.json'), 'utf8')) as StoredKernel;
}

/** Returns the cached kernel of a key without making it; null if there is none, or if its record or image is damaged. */
export async function readStored(cacheDir: string, key: string): Promise<StoredKernel | null> {
  const folder = storeFolder(cacheDir, key);
  if (!(await isIntact(folder, ['kernel.json']))) return null;
  const stored = JSON.parse(await readFile(join(folder, 'kernel.json'), 'utf8')) as StoredKernel;
  const needed = stored.image === '' ? [] : [stored.image];
  return (await isIntact(folder, needed)) ? stored : null;
}

/** Returns a cached kernel with absolute paths, as the rest of bpfrig uses it. */
export function kernelFrom(
  stored: StoredKernel,
  about: Pick<Kernel, 'id' | 'spec' | 'flavour' | 'arch' | 'notes' | 'key'> & { readonly cacheDir: string },
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
