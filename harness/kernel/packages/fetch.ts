import { basename } from 'node:path';
import type { Kernel } from '../../model/kernel.ts';
import { BpfrigError } from '../../util/errors.ts';
import { hashFile } from '../../util/hash.ts';
import { parseBanner } from '../banner.ts';
import { seriesOfVersion } from '../debian-version.ts';
import { contentKey, kernelFrom, storedKernel, type StoredKernel } from '../store.ts';
import type { PackageFormat } from './member.ts';
import { isPackages, type PackagesSpec, resolvePackages } from './resolve.ts';
import { NotWhole, unpackKernel } from './unpack-kernel.ts';

/** Packages of one kernel on the user's disk. */
export interface PackagesRequest {
  readonly spec: PackagesSpec;
  readonly id: string;
  readonly cacheDir: string;
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Takes a kernel from packages on the user's disk, unpacked into the cache by their content. Throws a `usage` error for files that are not the packages of
 * one whole kernel for a guest, `infra` for a host that cannot unpack them.
 */
export async function fetchPackagesKernel(request: PackagesRequest): Promise<Kernel> {
  const { id, cacheDir, signal } = request;
  const [spec, ...others] = (await resolvePackages([request.spec], signal)).filter(isPackages);
  if (spec === undefined || others.length > 0)
    throw new BpfrigError('usage', `kernel ${request.spec.text}: must name one kernel`);
  const sums = await Promise.all(spec.files.map(hashFile));
  const key = contentKey(['packages', ...sums.toSorted()]);
  const fill = (folder: string): Promise<StoredKernel> => unpack(request, spec, folder);
  const { arch, ...stored } = await storedKernel(cacheDir, key, fill, signal);
  if (arch === undefined) throw new Error(`the kernel ${key} of the cache has no architecture`);
  return kernelFrom(stored, { id, spec: spec.text, flavour: arch, arch, notes: [], key, cacheDir });
}

async function unpack(
  { signal, onProgress }: PackagesRequest,
  { kind, text, files }: PackagesSpec,
  folder: string,
): Promise<StoredKernel> {
  const names = files.map(file => basename(file)).join(', ');
  onProgress?.(`unpacking ${names}`);
  try {
    const packages = files.map(file => ({ format: kind, file }));
    const { banner, ...unpacked } = await unpackKernel(packages, folder, { signal, fault: 'usage' });
    const name = banner === null ? null : parseBanner(banner);
    if (name === null)
      throw new BpfrigError(
        'usage',
        `the image in ${names} contains no "Linux version" text, so its version is unknown`,
      );
    if (name.release !== unpacked.release)
      throw new BpfrigError(
        'usage',
        `the image in ${names} is ${name.release}, and its modules are of ${unpacked.release}`,
      );
    return { ...unpacked, version: name.version, series: seriesOfVersion(name.version), packages: [] };
  } catch (error) {
    if (error instanceof NotWhole)
      throw new BpfrigError('usage', `kernel ${text}: ${lackOf(error, kind, files)}`);
    if (error instanceof BpfrigError && error.code === 'usage')
      throw new BpfrigError('usage', `kernel ${text}: ${error.message}`, {
        detail: error.detail,
        cause: error,
      });
    throw error;
  }
}

/** Packages with modules, by distribution. */
const MODULE_PACKAGES: Readonly<Record<PackageFormat, string>> = {
  deb: 'linux-modules-RELEASE and linux-modules-extra-RELEASE (Ubuntu), linux-modules-RELEASE (Debian from 6.19 on)',
  rpm: 'kernel-modules-core, kernel-modules, kernel-modules-extra and kernel-modules-internal (Fedora, RHEL)',
};

/** What is missing, and how it is added. */
function lackOf(error: NotWhole, kind: PackageFormat, files: readonly string[]): string {
  if (error.modules.length === 0) return error.message;
  const packages = MODULE_PACKAGES[kind].replaceAll('RELEASE', error.release ?? 'RELEASE');
  const given = files.map(file => basename(file)).join(',');
  return `${error.message}, without which a guest has no network: add the packages with the modules by commas, ${kind}:${given},MODULES: ${packages}`;
}
