import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Kernel } from '../../model/kernel.ts';
import { BpfrigError } from '../../util/errors.ts';
import { hashKey } from '../../util/hash.ts';
import { withLock } from '../../util/lock.ts';
import { fetchPathKernel } from '../path.ts';
import { configuredFor, makeTargets } from './make.ts';

/** A source tree, and the kernel that it becomes. */
export interface TreeRequest {
  readonly dir: string;
  readonly id: string;
  readonly spec: string;
  readonly cacheDir: string;
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Builds a configured kernel source tree (`make bzImage`, for arm64 `make Image`, which is quick if nothing changed) and takes the image. Modules are not
 * built: the configuration must have everything that a guest needs as =y. Throws a `usage` error if there is no .config, `infra` with
 * the build's output if the build fails.
 */
export async function fetchTreeKernel(request: TreeRequest): Promise<Kernel> {
  const { dir, spec, signal } = request;
  checkTree(request);
  if (!existsSync(join(dir, '.config'))) {
    throw new BpfrigError(
      'usage',
      `${spec}: ${dir} has no .config; create one, for example with \`make tinyconfig\` and a fragment, or let ${spec}+guest do that`,
    );
  }
  const arch = configuredFor(dir);
  request.onProgress?.(`building ${dir} (make ${arch.kernel.target})`);
  // Concurrent runs must not build the same tree.
  await withLock(
    join(request.cacheDir, 'trees', hashKey(dir)),
    () => makeTargets({ spec, dir, arch, signal }, ['olddefconfig', arch.kernel.target]),
    { signal },
  );
  const image = join(dir, arch.kernel.image);
  if (!existsSync(image))
    throw new BpfrigError('infra', `${spec}: make succeeded but wrote no ${arch.kernel.image} in ${dir}`);
  const notes = [`built from ${dir}; only built-in features, no modules`];
  const { id, cacheDir } = request;
  return { ...(await fetchPathKernel({ path: image, id, spec, cacheDir, notes })), modulesDir: null };
}

/** Throws `usage` for a folder that is no kernel's tree. */
export function checkTree({ dir, spec }: Pick<TreeRequest, 'dir' | 'spec'>): void {
  if (existsSync(join(dir, 'Makefile')) && existsSync(join(dir, 'Kconfig'))) return;
  throw new BpfrigError(
    'usage',
    `${spec}: ${dir} is not a kernel source tree (Makefile or Kconfig is missing)`,
  );
}
