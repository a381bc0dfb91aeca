import type { AptOptions } from '../kernel/apt.ts';
import { suiteIndex } from '../kernel/apt.ts';
import { candidatesOf, type Candidate } from '../kernel/candidates.ts';
import { compareSeries, flavoursOf, seriesOf, type Catalogue } from '../kernel/catalogue.ts';
import { compareDebianVersions } from '../kernel/debian-version.ts';
import { obstacle, suitesFor, type DebianSpec } from '../kernel/debian.ts';
import { pinName, type KernelLock } from '../kernel/lock-file.ts';
import { buildName } from '../kernel/spec.ts';
import type { KernelSpec } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import { launcher } from '../util/launcher.ts';

/** One kernel that a bisection can ask. */
export interface KernelCandidate {
  /** `6.12`, or `6.12.105-1` for one package of a series. */
  readonly label: string;
  readonly spec: DebianSpec;
  /** Restricts the fetch to one package; null: the series' kernel, as a run takes it. */
  readonly lock: KernelLock | null;
}

/** Every series from one to another, both included, in that direction. Throws `usage` where the two have no common order. */
export function seriesCandidates(from: KernelSpec, to: KernelSpec, catalogue: Catalogue): KernelCandidate[] {
  if (
    from.kind !== 'debian' ||
    to.kind !== 'debian' ||
    from.flavour !== to.flavour ||
    from.arch !== to.arch
  ) {
    throw new BpfrigError(
      'usage',
      `cannot bisect from ${from.text} to ${to.text}: both must be series of one flavour and architecture, or package versions of one series; kernels of your own are for \`git bisect run ${launcher()} run --git-bisect\``,
    );
  }
  const { flavour, arch } = from;
  const [oldest, newest] = [from.series, to.series].toSorted(compareSeries) as [string, string];
  const candidates = seriesOf(catalogue, 'all')
    .filter(series => compareSeries(series, oldest) >= 0 && compareSeries(series, newest) <= 0)
    .filter(series => flavoursOf(catalogue, series, arch).includes(flavour))
    .map((series): KernelCandidate => {
      const text = buildName({ series, flavour, arch });
      return { label: text, spec: { kind: 'debian', text, suite: null, series, flavour, arch }, lock: null };
    });
  return oldest === from.series ? candidates : candidates.toReversed();
}

/**
 * The packages of one series that the mirror has whole, old to new, one per version; those between two versions where they are given
 * (`6.12.105`, or with Debian's part). Throws `usage` for a version that is not there.
 */
export async function packageCandidates(
  spec: DebianSpec,
  ends: { readonly from: string | null; readonly to: string | null },
  options: AptOptions,
): Promise<KernelCandidate[]> {
  const byVersion = new Map<string, Candidate>();
  for (const suite of suitesFor(spec, options)) {
    const index = await suiteIndex(suite, spec.arch, options);
    for (const candidate of candidatesOf(index, spec)) {
      if (obstacle(candidate, index) === null && !byVersion.has(candidate.version))
        byVersion.set(candidate.version, candidate);
    }
  }
  const all = [...byVersion.values()].toSorted((a, b) => compareDebianVersions(a.version, b.version));
  const place = (version: string | null, otherwise: number): number =>
    version === null ? otherwise : placeOf(version, all, spec);
  const [from, to] = [place(ends.from, 0), place(ends.to, all.length - 1)];
  const part = all
    .slice(Math.min(from, to), Math.max(from, to) + 1)
    .map(candidate => candidateOf(candidate, spec));
  return from <= to ? part : part.toReversed();
}

function placeOf(version: string, all: readonly Candidate[], spec: DebianSpec): number {
  const index = all.findLastIndex(c => c.version === version || c.upstream === version);
  if (index < 0) {
    const known = all.map(c => c.version).join(', ');
    throw new BpfrigError('usage', `no package ${version} of ${spec.text}; the mirror has ${known}`);
  }
  return index;
}

function candidateOf({ suite, version, packages }: Candidate, spec: DebianSpec): KernelCandidate {
  const pin = {
    suite,
    version,
    packages: packages.map(({ name, version: own, sha256 }) => ({ name, version: own, sha256 })),
  };
  return {
    label: version,
    spec: { ...spec, suite },
    lock: { kernels: { [pinName(spec)]: pin } },
  };
}
