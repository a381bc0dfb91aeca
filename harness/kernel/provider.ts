import type { Kernel, KernelSpec } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import { kernelConfig } from './config.ts';
import { costOf } from './cost.ts';
import { type Catalogue, loadCatalogue } from './catalogue.ts';
import { fetchDebianKernel } from './debian.ts';
import { type KernelLock, loadLock } from './lock-file.ts';
import { fetchPackagesKernel } from './packages/fetch.ts';
import { fetchPathKernel } from './path.ts';
import { kernelLabels } from './spec.ts';
import { fetchTreeKernel } from './trees/tree.ts';
import { fetchTreeVariant } from './trees/variant.ts';

/** Options of `fetchKernel`. */
export interface FetchOptions {
  /** bpfrig's cache, `cacheRoot()`; kernels are under `kernels/` in it. */
  readonly cacheDir: string;
  /** Accept only the packages of kernels.lock.yaml. */
  readonly locked: boolean;
  /** Value of `Kernel.id`, for a run of several kernels, whose labels must differ; see `kernelLabels`. */
  readonly id?: string;
  /** Called with one line of text for each long step. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Used instead of images/kernels.yaml and its lock file. */
  readonly catalogue?: Catalogue;
  readonly lock?: KernelLock;
}

/**
 * Makes a kernel ready to boot: takes it from the cache, or downloads, unpacks or builds it into the cache. Several processes may
 * call it concurrently. Throws `BpfrigError`: `infra` if the kernel is unavailable (the message names what is missing), `usage` if
 * the spec does not name a kernel.
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
      `${spec.text}: --locked accepts only kernels that are pinned in images/kernels.lock.yaml`,
    );
  }
  const kernel = await fetchOwn(spec, request);
  const cost = costOf((await kernelConfig(kernel)) ?? '');
  return cost === null ? kernel : { ...kernel, cost };
}

/** A kernel of the user's own. */
function fetchOwn(
  spec: Exclude<KernelSpec, { kind: 'debian' }>,
  request: FetchOptions & { readonly id: string; readonly spec: string },
): Promise<Kernel> {
  switch (spec.kind) {
    case 'path':
      return fetchPathKernel({ ...request, path: spec.path });
    case 'tree': {
      const { dir, variant } = spec;
      return variant === null
        ? fetchTreeKernel({ ...request, dir })
        : fetchTreeVariant({ ...request, dir }, variant);
    }
    case 'deb':
    case 'rpm':
      return fetchPackagesKernel({ ...request, spec });
  }
}
