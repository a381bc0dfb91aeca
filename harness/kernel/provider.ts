import type { Kernel, KernelSpec } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import { type Catalogue, loadCatalogue } from './catalogue.ts';
import { fetchDebianKernel } from './debian.ts';
import { type KernelLock, loadLock } from './lock-file.ts';
import { fetchPathKernel } from './path.ts';
import { kernelLabels } from './spec.ts';
import { fetchTreeKernel } from './tree.ts';

/** How a kernel is fetched. */
export interface FetchOptions {
  /** bpfrig's cache, `cacheRoot()`; kernels are under `kernels/` in it. */
  readonly cacheDir: string;
  /** Take only the packages of kernels.lock.yaml. */
  readonly locked: boolean;
  /** `Kernel.id`, where a run has several kernels whose labels must differ: see `kernelLabels`. */
  readonly id?: string;
  /** Called with one line for each step that takes a while. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Instead of images/kernels.yaml and its lock. */
  readonly catalogue?: Catalogue;
  readonly lock?: KernelLock;
}

/**
 * Makes a kernel ready to boot: found in the cache, or downloaded, unpacked or built into it. Safe to call at once from several
 * processes. Throws `BpfrigError`: `infra` when it is unavailable, naming what is missing; `usage` when the spec does not name a kernel.
 */
export async function fetchKernel(spec: KernelSpec, options: FetchOptions): Promise<Kernel> {
  const id = options.id ?? kernelLabels([spec])[0] ?? spec.text;
  const request = { ...options, id, spec: spec.text };
  options.signal?.throwIfAborted();
  if (spec.kind === 'debian') {
    const catalogue = options.catalogue ?? loadCatalogue();
    return fetchDebianKernel(spec, { ...options, id, catalogue, lock: options.lock ?? loadLock() });
  }
  if (options.locked) {
    throw new BpfrigError(
      'usage',
      `${spec.text}: --locked takes only kernels that are pinned in images/kernels.lock.yaml`,
    );
  }
  return spec.kind === 'path'
    ? fetchPathKernel({ ...request, path: spec.path })
    : fetchTreeKernel({ ...request, dir: spec.dir });
}
