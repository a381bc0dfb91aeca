import { isStock, type ArchName, type Flavour } from '../model/kernel.ts';
import { messageOf } from '../util/errors.ts';
import { type AptOptions, type SuiteIndex, suiteIndex } from './apt.ts';
import { candidatesOf } from './candidates.ts';
import { allBuilds } from './catalogue.ts';
import { type DebianSpec, obstacle, pinFor, suitesFor } from './debian.ts';
import { type KernelLock, loadLock } from './lock-file.ts';
import { flavourName, kernelLabels } from './spec.ts';
import { isStored, packagesKey } from './store.ts';

/** One line of `kernels list`: a series and flavour of kernels.yaml, compared with what the mirror has. */
export interface KernelListing {
  /** The kernel spec, for example `6.12` or `7.2-cloud`. */
  readonly label: string;
  readonly series: string;
  readonly flavour: Flavour;
  readonly arch: ArchName;
  /** True if a run without --kernel includes it. */
  readonly isDefault: boolean;
  /** The kernel that a run would take now if nothing was pinned; null if the mirror has no complete one. */
  readonly available: {
    readonly suite: string;
    readonly package: string;
    readonly version: string;
    readonly upstream: string;
  } | null;
  /** Debian version of the pin; null if there is none. */
  readonly pinned: string | null;
  /** True if the kernel that a run would take (the pinned one, otherwise the newest) is in the cache. */
  readonly cached: boolean;
  /** Why newer kernels, or all kernels, are unavailable: missing packages, 404s, a mirror that does not respond. */
  readonly missing: readonly string[];
}

/** Returns a suite's index for an architecture, or why there is none. */
type IndexOf = (suite: string, arch: ArchName) => Promise<SuiteIndex | string>;

/** Compares kernels.yaml with the mirror, for all architectures or these; oldest series first. A failure of the mirror does not throw; `missing` reports it. */
export async function listKernels(
  options: AptOptions & { readonly lock?: KernelLock; readonly archs?: readonly ArchName[] },
): Promise<KernelListing[]> {
  const lock = options.lock ?? loadLock();
  const indexes = new Map<string, Promise<SuiteIndex | string>>();
  const indexOf: IndexOf = (suite, arch) => {
    const key = `${suite} ${arch}`;
    const known = indexes.get(key) ?? suiteIndex(suite, arch, options).catch(messageOf);
    indexes.set(key, known);
    return known;
  };
  const specs = allBuilds(options.catalogue, options.archs).map((build): DebianSpec => ({
    kind: 'debian',
    text: build.series,
    suite: null,
    ...build,
  }));
  return Promise.all(specs.map(spec => listOne(spec, { ...options, lock }, indexOf)));
}

async function listOne(
  spec: DebianSpec,
  options: AptOptions & { readonly lock: KernelLock },
  indexOf: IndexOf,
): Promise<KernelListing> {
  const pin = pinFor(spec, options.lock);
  const { available, packages, missing } = await newest(spec, options, indexOf);
  const taken = pin?.packages ?? packages;
  return {
    label: kernelLabels([spec])[0] ?? spec.series,
    series: spec.series,
    flavour: spec.flavour,
    arch: spec.arch,
    isDefault:
      spec.arch === 'amd64' &&
      isStock(spec.flavour) &&
      options.catalogue.series[spec.series]?.default === true,
    available,
    pinned: pin?.version ?? null,
    cached: taken.length > 0 && isStored(options.cacheDir, packagesKey(taken)),
    missing,
  };
}

/** The packages that are the newest kernel of a spec, and why newer ones are unavailable; no packages where the mirror has no whole one. */
export async function newest(
  spec: DebianSpec,
  options: AptOptions,
  indexOf: IndexOf,
): Promise<Pick<KernelListing, 'available' | 'missing'> & { packages: readonly { sha256: string }[] }> {
  const missing: string[] = [];
  for (const suite of suitesFor(spec, options)) {
    const index = await indexOf(suite, spec.arch);
    if (typeof index === 'string') {
      missing.push(`${suite}: ${index}`);
      continue;
    }
    const candidates = candidatesOf(index, spec);
    if (candidates.length === 0)
      missing.push(`${suite} has no ${spec.series} kernel of flavour ${flavourName(spec)}`);
    for (const candidate of candidates) {
      const why = obstacle(candidate, index);
      if (why !== null) {
        missing.push(why);
        continue;
      }
      const { version, upstream, packages } = candidate;
      const name = packages[0]?.name ?? '';
      return { available: { suite, package: name, version, upstream }, packages, missing };
    }
  }
  return { available: null, packages: [], missing };
}
