import type { ArchName, Flavour } from '../model/kernel.ts';
import { compareDebianVersions, seriesOfVersion, upstreamVersion } from './debian-version.ts';
import type { SuiteIndex } from './apt.ts';
import type { IndexedPackage } from './package-index.ts';

/** A set of packages that together are one bootable kernel. */
export interface Candidate {
  readonly suite: string;
  readonly arch: ArchName;
  /** Debian version of the image package. */
  readonly version: string;
  /** Upstream version, for example `6.12.117`. */
  readonly upstream: string;
  /** The image package first, then the packages that it needs. */
  readonly packages: readonly IndexedPackage[];
  /** Names of needed packages that the suite does not have; empty for a complete kernel. */
  readonly missing: readonly string[];
}

/**
 * Returns the kernels of one series, flavour and architecture in one suite's index, best first: newest Debian version, then signed before
 * unsigned. Incomplete kernels are included; `missing` names what they lack. Depends says which packages a kernel needs: up to 6.18
 * one package contains everything; from 6.19 on linux-image is empty, and linux-binary, linux-modules and linux-base contain the parts.
 */
export function candidatesOf(
  { suite, arch, packages }: Pick<SuiteIndex, 'suite' | 'arch' | 'packages'>,
  { series, flavour }: { readonly series: string; readonly flavour: Flavour },
): Candidate[] {
  const byName = newestByName(packages);
  return packages
    .filter(entry => flavourOfImage(entry.name, arch) === flavour)
    .flatMap(image => {
      const upstream = upstreamVersion(image.version);
      if (upstream === null || seriesOfVersion(upstream) !== series) return [];
      const signed = whole({ suite, arch, upstream }, image, byName);
      const unsigned = withUnsignedBinary(signed, byName);
      return unsigned === null ? [signed] : [signed, unsigned];
    })
    .sort((a, b) => compareDebianVersions(b.version, a.version) || unsignedParts(a) - unsignedParts(b));
}

function flavourOfImage(name: string, arch: ArchName): Flavour | null {
  const match = new RegExp(
    `^linux-image-[\\d.]+\\S*?(?:-(cloud|rt))?-${arch}(?:-(\\d+k))?(?:-unsigned)?$`,
  ).exec(name);
  return match === null ? null : ((match[1] ?? match[2] ?? arch) as Flavour);
}

function newestByName(index: readonly IndexedPackage[]): Map<string, IndexedPackage> {
  const byName = new Map<string, IndexedPackage>();
  for (const entry of index) {
    const known = byName.get(entry.name);
    if (known === undefined || compareDebianVersions(entry.version, known.version) > 0)
      byName.set(entry.name, entry);
  }
  return byName;
}

const BASE = /^linux-base-/;

// An image that needs only linux-base-VERSION (6.16 to 6.18) contains kernel and modules itself. The config and the lists in
// linux-base are then optional, and mirrors have dropped that package. Split packages need it, because it has modules.builtin.
function whole(
  of: Pick<Candidate, 'suite' | 'arch' | 'upstream'>,
  image: IndexedPackage,
  byName: ReadonlyMap<string, IndexedPackage>,
): Candidate {
  const packages = new Map([[image.name, image]]);
  const missing = new Set<string>();
  const allInOne = image.needs.flat().every(name => BASE.test(name));
  const queue = [...image.needs];
  for (let group = queue.shift(); group !== undefined; group = queue.shift()) {
    const name = group.find(alternative => byName.has(alternative));
    const found = name === undefined ? undefined : byName.get(name);
    if (found === undefined) {
      if (!(allInOne && BASE.test(group[0] ?? ''))) missing.add(group[0] ?? '');
    } else if (!packages.has(found.name)) {
      packages.set(found.name, found);
      queue.push(...found.needs);
    }
  }
  return { ...of, version: image.version, packages: [...packages.values()], missing: [...missing] };
}

// linux-image depends on the signed linux-binary. The unsigned package is the same kernel and boots in a guest, too.
function withUnsignedBinary(
  candidate: Candidate,
  byName: ReadonlyMap<string, IndexedPackage>,
): Candidate | null {
  const twinOf = (name: string): IndexedPackage | undefined =>
    byName.get(name.replace(/^linux-binary-(?=\d)/, 'linux-binary-unsigned-'));
  const signed = /^linux-binary-\d/;
  const missing = candidate.missing.filter(name => !(signed.test(name) && twinOf(name)));
  const twins = candidate.missing.filter(name => !missing.includes(name)).flatMap(name => twinOf(name) ?? []);
  let replaced = twins.length > 0;
  const packages = candidate.packages.map(entry => {
    const twin = signed.test(entry.name) ? twinOf(entry.name) : undefined;
    replaced ||= twin !== undefined;
    return twin ?? entry;
  });
  return replaced ? { ...candidate, packages: [...packages, ...twins], missing } : null;
}

function unsignedParts(candidate: Candidate): number {
  return candidate.packages.filter(entry => entry.name.includes('unsigned')).length;
}
