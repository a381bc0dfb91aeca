import semver from 'semver';
import type { KernelColumn } from '../model/events.ts';
import { ARCH_NAMES, type ArchName, FLAVOURS } from '../model/kernel.ts';

/** A column of the matrix. Its kernel may be unavailable. */
export interface OrderedKernel {
  readonly id: string;
  readonly column: KernelColumn | null;
}

/**
 * Orders kernels by architecture, then old to new by series, the stock flavour before the others, then by upstream version. A kernel that was never made
 * ready is ordered by its label; a label without a number comes last.
 */
export function compareKernels(a: OrderedKernel, b: OrderedKernel): number {
  const archs = archRank(a) - archRank(b);
  if (archs !== 0) return archs;
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
  const flavour = kernel.column?.flavour ?? (/-(cloud|rt|16k)(?:\/|$)/.exec(kernel.id)?.[1] || 'amd64');
  return (FLAVOURS as readonly string[]).indexOf(flavour);
}

function archRank(kernel: OrderedKernel): number {
  return ARCH_NAMES.indexOf(archOf(kernel));
}

/** The architecture of a column, which its label has if the kernel was never made ready. */
export function archOf({ id, column }: OrderedKernel): ArchName {
  return column?.arch ?? ARCH_NAMES.find(name => id.endsWith(`/${name}`)) ?? 'amd64';
}

/** A kernel's label without its architecture: `6.12` of `6.12/arm64`. */
export function buildOf(id: string): string {
  const arch = ARCH_NAMES.find(name => id.endsWith(`/${name}`));
  return arch === undefined ? id : id.slice(0, -arch.length - 1);
}
