import semver from 'semver';
import type { KernelColumn } from '../model/events.ts';

/** A column of the matrix. Its kernel may be unavailable. */
export interface OrderedKernel {
  readonly id: string;
  readonly column: KernelColumn | null;
}

/**
 * Orders kernels old to new by series, the stock flavour before the others, then by upstream version. A kernel that was never made
 * ready is ordered by its label; a label without a number comes last.
 */
export function compareKernels(a: OrderedKernel, b: OrderedKernel): number {
  const [seriesA, seriesB] = [version(a.column?.series ?? a.id), version(b.column?.series ?? b.id)];
  if (seriesA === null || seriesB === null) {
    if (seriesA !== seriesB) return seriesA === null ? 1 : -1;
    return a.id.localeCompare(b.id, 'en');
  }
  return (
    semver.compare(seriesA, seriesB) ||
    flavourRank(a) - flavourRank(b) ||
    semver.compare(
      version(a.column?.version ?? '') ?? seriesA,
      version(b.column?.version ?? '') ?? seriesB,
    ) ||
    a.id.localeCompare(b.id, 'en')
  );
}

function version(text: string): semver.SemVer | null {
  return semver.coerce(text);
}

function flavourRank(kernel: OrderedKernel): number {
  const flavour = kernel.column?.flavour ?? (/-(cloud|rt)$/.exec(kernel.id)?.[1] || 'amd64');
  return ['amd64', 'cloud', 'rt'].indexOf(flavour);
}
