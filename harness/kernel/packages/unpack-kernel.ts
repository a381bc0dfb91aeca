import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ArchName } from '../../model/kernel.ts';
import { BpfrigError } from '../../util/errors.ts';
import { commandFailure, hostCommand } from '../../util/host-command.ts';
import { readKernelFile, readKernelImage } from '../kernel-image.ts';
import { moduleClosure } from '../modules.ts';
import { imagePlaces, kernelPart } from './kernel-parts.ts';
import type { PackageFile } from './member.ts';
import { unpackPackage, type UnpackOptions } from './unpack-package.ts';

/** An unpacked kernel; paths are relative to its folder. */
export interface UnpackedKernel {
  readonly release: string;
  /** `vmlinux`, unpacked, or `vmlinuz`, a file that QEMU boots as it is. */
  readonly image: string;
  /** Null for a kernel that was built without modules. */
  readonly modulesDir: string | null;
  readonly arch: ArchName;
  /** What the image says of itself; null where it does not. */
  readonly banner: string | null;
}

/** Packages that are not a whole kernel. Of downloaded ones, another candidate may be. */
export class NotWhole extends Error {
  /** The needed modules that are not in the packages; none where the image is missing. */
  readonly modules: readonly string[];
  readonly release: string | null;

  constructor(
    message: string,
    about: { readonly modules?: readonly string[]; readonly release: string | null },
  ) {
    super(message);
    this.modules = about.modules ?? [];
    this.release = about.release;
  }
}

/** Longest time for depmod, in milliseconds. */
const DEPMOD_MS = 300_000;

/** Without these modules no scenario has a NIC or traffic. */
const NEEDED_MODULES = ['virtio_net', 'veth', 'pktgen'];

/**
 * Unpacks the packages of one kernel into `folder`: its image, `config` and `lib/modules/RELEASE` with modules.dep, and nothing
 * else. Packages have these parts in different places (`kernelPart`); all are searched. Throws `NotWhole` if a part is
 * missing, an error of code `fault` for a bad package or an image that no guest boots, and an `infra` error if a tool fails.
 */
export async function unpackKernel(
  packages: readonly PackageFile[],
  folder: string,
  options: Pick<UnpackOptions, 'signal' | 'fault'> = {},
): Promise<UnpackedKernel> {
  const { signal } = options;
  const root = await mkdtemp(join(folder, 'root-'));
  // Together, since a kernel's parts may be in several packages.
  for (const one of packages) await unpackPackage(one, root, options);
  const names = packages.map(({ file }) => basename(file)).join(', ');

  const release = await releaseIn(root, names);
  const config = ['boot/config-', 'lib/modules/']
    .map((place, index) => join(root, `${place}${release}`, ...(index === 0 ? [] : ['config'])))
    .find(existsSync);
  if (config !== undefined) await cp(config, join(folder, 'config'));
  const about = await placeImage({ root, release, folder, names }, options);

  const modules = join('lib', 'modules', release);
  const modulesDir = existsSync(join(root, modules)) ? modules : null;
  if (modulesDir !== null) {
    await mkdir(join(folder, 'lib', 'modules'), { recursive: true });
    await rename(join(root, modules), join(folder, modules));
    // Packages run depmod in their scripts, which unpacking does not run.
    const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
    const depmod = { timeoutMs: DEPMOD_MS, signal, env };
    const result = await hostCommand('depmod', ['-b', folder, release], depmod);
    if (!result.ok) throw commandFailure(`could not run depmod for ${release}`, result);
  }
  await rm(root, { recursive: true, force: true });
  if (modulesDir === null && (await isWithoutModules(config === undefined ? null : join(folder, 'config'))))
    return { release, modulesDir, ...about };
  const missing =
    modulesDir === null ? NEEDED_MODULES : moduleClosure(join(folder, modules), NEEDED_MODULES).missing;
  if (missing.length > 0)
    throw new NotWhole(`no module ${missing.join(', ')} in ${names}`, { modules: missing, release });
  return { release, modulesDir: modules, ...about };
}

/** The release of what was unpacked: that of its image. */
async function releaseIn(root: string, names: string): Promise<string> {
  const list = async (folder: string): Promise<string[]> =>
    existsSync(join(root, folder))
      ? (await readdir(join(root, folder))).map(name => `${folder}/${name}`)
      : [];
  const folders = await list('lib/modules');
  const files = (await Promise.all(['boot', ...folders].map(list))).flat();
  const releases = files.flatMap(path => {
    const part = kernelPart(path);
    return part?.isImage === true ? part.release : [];
  });
  const [release, other] = new Set(releases);
  if (release === undefined)
    throw new NotWhole(`no vmlinuz in ${names}`, { release: basename(folders[0] ?? '') || null });
  if (other !== undefined)
    throw new NotWhole(`${names} have the images of several kernels: ${release}, ${other}`, { release });
  return release;
}

interface Unpacked {
  readonly root: string;
  readonly release: string;
  readonly folder: string;
  readonly names: string;
}

async function placeImage(
  { root, release, folder, names }: Unpacked,
  { fault = 'infra' }: Pick<UnpackOptions, 'fault'>,
): Promise<Pick<UnpackedKernel, 'image' | 'arch' | 'banner'>> {
  const name = imagePlaces(release).find(place => existsSync(join(root, place))) ?? '';
  const found = join(root, name);
  const shown = `${name} of ${names}`;
  const image = await readKernelImage(await readKernelFile(found), shown);
  if (typeof image === 'string') throw new BpfrigError(fault, `${shown} ${image}`);
  const { arch, banner } = image;
  const unpacked = (await image.unpack?.()) ?? null;
  if (unpacked === null) {
    await rename(found, join(folder, 'vmlinuz'));
    return { image: 'vmlinuz', arch, banner };
  }
  await writeFile(join(folder, 'vmlinux'), unpacked);
  await rm(found);
  return { image: 'vmlinux', arch, banner };
}

/** Whether a kernel was built with everything that it has in its image, by its configuration. */
async function isWithoutModules(config: string | null): Promise<boolean> {
  return config !== null && /^# CONFIG_MODULES is not set$/m.test(await readFile(config, 'utf8'));
}
