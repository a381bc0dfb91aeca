import type { Catalogue } from '../kernel/catalogue.ts';
import type { KernelLock } from '../kernel/lock-file.ts';
import { resolvePackages } from '../kernel/packages/resolve.ts';
import { expandKernelSpecs, kernelLabels } from '../kernel/spec.ts';
import type { ArchName, KernelSpec } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';

/** A kernel of a run before it is fetched. */
export interface RequestedKernel {
  /** `Kernel.id` that it will have. */
  readonly id: string;
  readonly spec: KernelSpec;
  /** Restricts the fetch to the packages of this lock; absent: whatever a run takes. */
  readonly lock?: KernelLock | undefined;
}

/**
 * The kernels of `--kernel`, in order and each once; the default ones for none. What names no architecture is taken for each of `archs`, for amd64 if there
 * are none. Packages on the disk are listed: a folder of them may be several kernels. Throws `usage` for a text that is no spec, and for packages that are no
 * kernel.
 */
export async function requestedKernels(
  texts: readonly string[],
  catalogue: Catalogue,
  archs: readonly ArchName[] = [],
): Promise<RequestedKernel[]> {
  const specs = await resolvePackages(
    expandKernelSpecs(texts, catalogue, { archs: archs.length === 0 ? ['amd64'] : archs }),
  );
  const labels = kernelLabels(specs);
  return specs.map((spec, index) => ({ id: labels[index] ?? spec.text, spec }));
}

/** The kernel of a command that takes exactly one. Throws `usage` where the text names none or several. */
export async function requestedKernel(text: string, catalogue: Catalogue): Promise<RequestedKernel> {
  const [kernel, ...others] = await requestedKernels([text], catalogue);
  if (kernel === undefined || others.length > 0)
    throw new BpfrigError('usage', `--kernel ${text}: must name one kernel`);
  return kernel;
}
