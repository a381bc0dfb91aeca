import { basename, relative } from 'node:path';
import { ARCH_NAMES, type KernelSpec } from '../../model/kernel.ts';
import { BpfrigError } from '../../util/errors.ts';
import { groupBy } from '../../util/group-by.ts';
import { hostNote } from '../../util/host-notes.ts';
import { findPackageFiles } from './find-files.ts';
import { listPackage, type ListedPackage } from './list-package.ts';
import type { PackageFormat } from './member.ts';

/** A kernel in packages, as the user specified it. */
export type PackagesSpec = Extract<KernelSpec, { kind: PackageFormat }>;

/** Whether a spec names packages on the disk. */
export function isPackages(spec: KernelSpec): spec is PackagesSpec {
  return spec.kind === 'deb' || spec.kind === 'rpm';
}

/**
 * Returns specs in which each one of packages is one kernel: its files, and the release that they have. A folder or a pattern becomes as many as its files have, in the
 * order of their releases; what has no part of a kernel is left out, which is reported in one line. Other specs stay as they are.
 * Throws `usage` where the files of one kernel are not one, or have no image.
 */
export async function resolvePackages(
  specs: readonly KernelSpec[],
  signal?: AbortSignal,
): Promise<KernelSpec[]> {
  const resolved: KernelSpec[] = [];
  const seen = new Set<string>();
  for (const spec of specs) {
    if (!isPackages(spec)) {
      resolved.push(spec);
      continue;
    }
    const kernels = spec.release === null ? await kernelsIn(spec, signal) : [spec];
    // A folder, and a file of it.
    resolved.push(
      ...kernels.filter(({ files }) => !seen.has(files.join('\n')) && seen.add(files.join('\n'))),
    );
  }
  return resolved;
}

async function kernelsIn(spec: PackagesSpec, signal: AbortSignal | undefined): Promise<PackagesSpec[]> {
  const { kind, text } = spec;
  const { files, kernels } = findPackageFiles(text, kind, spec.files);
  const listed: ListedPackage[] = [];
  for (const file of files) listed.push(await listPackage(kind, file, signal));
  const useful = listed.filter(({ releases }) => releases.length > 0);
  const others = listed.filter(({ releases }) => releases.length === 0);
  if (useful.length === 0)
    throw new BpfrigError(
      'usage',
      `kernel ${text}: no part of a kernel in ${namesOf(listed)}: neither boot/vmlinuz-RELEASE nor lib/modules/RELEASE; ${imagePackages(kind, 'RELEASE')} has the image`,
    );
  if (others.length > 0) {
    const verb = others.length === 1 ? 'has no part of a kernel and is' : 'have no part of a kernel and are';
    hostNote(`${text}: ${namesOf(others)} ${verb} left out`, 'info');
  }
  const groups = kernels === 'one' ? [useful] : kernelGroups(useful);
  return groups.map(group => {
    const release = releaseOf(text, kind, group);
    const isAlone = kernels === 'one' && group.length === listed.length;
    return {
      ...spec,
      text: isAlone ? text : textOf(kind, group),
      files: group.map(({ file }) => file),
      release,
    };
  });
}

/**
 * Sorts packages into kernels: by release and architecture, and, where those have several images, by the version of the packages. A package that is part of several releases is
 * in each of them.
 */
export function kernelGroups(packages: readonly ListedPackage[]): ListedPackage[][] {
  const parts = packages.flatMap(one => one.releases.map(release => ({ ...one, releases: [release] })));
  const byRelease = [...groupBy(parts, ({ releases, arch }) => `${releases[0]} ${arch}`).values()];
  return byRelease
    .flatMap(group => {
      const images = group.filter(hasImage);
      return images.length > 1 ? [...groupBy(group, ({ version }) => version).values()] : [group];
    })
    .toSorted((a, b) => byNumbers(a[0]?.releases[0] ?? '', b[0]?.releases[0] ?? ''));
}

/** Whether a package has the image of its first release. */
function hasImage({ releases, images }: ListedPackage): boolean {
  return images.includes(releases[0] ?? '');
}

/** 6.9 before 6.12. */
const byNumbers = new Intl.Collator('en', { numeric: true }).compare;

/** Architectures of packages whose kernel a guest may boot, as distributions name them. Packages for i386 may have a kernel of 64 bits: its image decides. */
const GUEST_ARCHS: ReadonlySet<string> = new Set([
  ...ARCH_NAMES,
  'all',
  'noarch',
  'i386',
  'i686',
  'x86_64',
  'aarch64',
]);

/** The release of the packages of one kernel. */
function releaseOf(text: string, kind: PackageFormat, group: readonly ListedPackage[]): string {
  const foreign = group.find(({ arch }) => !GUEST_ARCHS.has(arch));
  if (foreign !== undefined)
    throw new BpfrigError(
      'usage',
      `kernel ${text}: ${basename(foreign.file)} is for ${foreign.arch}; guests are ${ARCH_NAMES.join(', ')}`,
    );
  const releases = [...new Set(group.flatMap(one => one.releases))];
  const [release = '', other] = releases;
  if (other !== undefined) {
    const has = group.map(one => `${basename(one.file)} has ${one.releases.join(' and ')}`).join(', ');
    throw new BpfrigError(
      'usage',
      `kernel ${text}: the files of one kernel are of one release, and ${has}; for a column of each, repeat --kernel`,
    );
  }
  const images = group.filter(one => one.images.includes(release));
  if (images.length === 0)
    throw new BpfrigError(
      'usage',
      `kernel ${text}: ${namesOf(group)} ${group.length === 1 ? 'has' : 'have'} no image of ${release}, only other parts: add the package with it, ${imagePackages(kind, release)}, by a comma: ${kind}:IMAGE,${group.map(({ file }) => basename(file)).join(',')}`,
    );
  if (images.length > 1)
    throw new BpfrigError(
      'usage',
      `kernel ${text}: ${namesOf(images)} all have an image of ${release}: name one of them`,
    );
  return release;
}

/** Names of packages that have the image, by distribution. */
function imagePackages(kind: PackageFormat, release: string): string {
  return kind === 'deb'
    ? `linux-image-${release} (Ubuntu; Debian up to 6.18) or linux-binary-${release} (Debian from 6.19 on)`
    : 'kernel-core (Fedora, RHEL), kernel-default (SUSE) or kernel (Amazon Linux)';
}

/** A spec that names the same files, for the command that repeats a cell. */
function textOf(kind: PackageFormat, group: readonly ListedPackage[]): string {
  return `${kind}:${group.map(({ file }) => relative('.', file)).join(',')}`;
}

function namesOf(packages: readonly ListedPackage[]): string {
  return packages.map(({ file }) => basename(file)).join(', ');
}
