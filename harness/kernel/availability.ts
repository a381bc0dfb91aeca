import { existsSync } from 'node:fs';
import type { KernelSpec } from '../model/kernel.ts';
import { pinFor } from './debian.ts';
import { type KernelLock, loadLock } from './lock-file.ts';
import { isStored, packagesKey } from './store.ts';

/**
 * What fetching a kernel would do. `cached`: nothing. `download`: its pinned packages. `newest`: there is no pin, so the newest that
 * the mirror has, which may be cached. `file`: read it from the disk. `build`: run make in its tree. `absent`: it cannot be fetched.
 */
export type Availability = 'cached' | 'download' | 'newest' | 'file' | 'build' | 'absent';

/** What fetching a kernel would do, found out without the network and without doing it. */
export function availabilityOf(
  spec: KernelSpec,
  options: { readonly cacheDir: string; readonly locked: boolean; readonly lock?: KernelLock },
): Availability {
  if (spec.kind !== 'debian') {
    if (options.locked || !filesOf(spec).every(file => existsSync(file))) return 'absent';
    return spec.kind === 'tree' ? 'build' : 'file';
  }
  const pin = pinFor(spec, options.lock ?? loadLock());
  if (pin === null) return options.locked ? 'absent' : 'newest';
  return isStored(options.cacheDir, packagesKey(pin.packages)) ? 'cached' : 'download';
}

/** What a kernel of the user's is made of. */
function filesOf(spec: Exclude<KernelSpec, { kind: 'debian' }>): readonly string[] {
  switch (spec.kind) {
    case 'path':
      return [spec.path];
    case 'tree':
      return [spec.dir];
    case 'deb':
    case 'rpm':
      return spec.files;
  }
}
