import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BpfrigError } from '../util/errors.ts';
import { commandFailure, hostCommand, type HostCommandOptions } from '../util/host-command.ts';
import type { ArchName } from '../model/kernel.ts';
import { readKernelFile, readKernelImage } from './kernel-image.ts';
import { unpackDeb } from './deb.ts';
import { moduleClosure } from './modules.ts';

/** An unpacked kernel; paths are relative to its folder. */
export interface UnpackedKernel {
  readonly release: string;
  /** `vmlinux`, unpacked, or `vmlinuz`, a file that QEMU boots as it is. */
  readonly image: string;
  readonly modulesDir: string;
}

/** Downloaded packages that are not a kernel that bpfrig can use. Another candidate may be. */
export class NotWhole extends Error {}

/** Longest time for unpacking one package, or for depmod, in milliseconds. */
const UNPACK_MS = 300_000;

/** Without these modules no scenario has a NIC or traffic. */
const NEEDED_MODULES = ['virtio_net', 'veth', 'pktgen'];

/**
 * Unpacks the Debian packages of one kernel into `folder`: its image, `config` and `lib/modules/RELEASE` with modules.dep, and nothing
 * else. Packages have these parts in different places (boot/ or usr/lib/modules/); all are searched. Throws `NotWhole` if a part is
 * missing, and an `infra` error if a tool fails.
 */
export async function unpackDebs(
  debs: readonly string[],
  folder: string,
  arch: ArchName,
  signal?: AbortSignal,
): Promise<UnpackedKernel> {
  const root = await mkdtemp(join(folder, 'root-'));
  const run = { timeoutMs: UNPACK_MS, signal };
  // Together, since a kernel's parts may be in several packages.
  for (const deb of debs) await unpackDeb(deb, root, { signal });

  const { release, source } = await findModules(root, debs);
  const modulesDir = join('lib', 'modules', release);
  await mkdir(join(folder, 'lib', 'modules'), { recursive: true });
  await rename(source, join(folder, modulesDir));
  const image = await placeImage(
    [join(root, 'boot', `vmlinuz-${release}`), join(root, 'boot', `vmlinux-${release}`)].concat(
      ['vmlinuz', 'vmlinux'].map(name => join(folder, modulesDir, name)),
    ),
    folder,
    { arch, debs },
  );
  const config = [join(root, 'boot', `config-${release}`), join(folder, modulesDir, 'config')].find(
    existsSync,
  );
  if (config !== undefined) await cp(config, join(folder, 'config'));

  // Debian's packages run depmod in their postinst, which unpacking does not run.
  const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  await attempt(`run depmod for ${release}`, 'depmod', ['-b', folder, release], { ...run, env });
  await rm(root, { recursive: true, force: true });
  const { missing } = moduleClosure(join(folder, modulesDir), NEEDED_MODULES);
  if (missing.length > 0) {
    throw new NotWhole(`no module ${missing.join(', ')} in ${debs.map(deb => basename(deb)).join(', ')}`);
  }
  return { release, image, modulesDir };
}

async function findModules(
  root: string,
  debs: readonly string[],
): Promise<{ release: string; source: string }> {
  for (const folder of [join(root, 'lib', 'modules'), join(root, 'usr', 'lib', 'modules')]) {
    for (const release of existsSync(folder) ? await readdir(folder) : []) {
      const source = join(folder, release);
      // It becomes an argument of depmod.
      if (!/^\d+\.\d+[\w.+~-]*$/.test(release)) continue;
      if (existsSync(join(source, 'kernel'))) return { release, source };
    }
  }
  throw new NotWhole(`no kernel modules in ${debs.map(deb => basename(deb)).join(', ')}`);
}

async function placeImage(
  places: readonly string[],
  folder: string,
  { arch, debs }: { readonly arch: ArchName; readonly debs: readonly string[] },
): Promise<string> {
  const found = places.find(existsSync);
  if (found === undefined) {
    throw new NotWhole(`no vmlinuz in ${debs.map(deb => basename(deb)).join(', ')}`);
  }
  const image = await readKernelImage(await readKernelFile(found), found);
  if (typeof image === 'string') throw new BpfrigError('infra', `the kernel in ${found} ${image}`);
  if (image.arch !== arch)
    throw new BpfrigError('infra', `${found} is a kernel for ${image.arch}, in a package for ${arch}`);
  const unpacked = (await image.unpack?.()) ?? null;
  if (unpacked === null) {
    await rename(found, join(folder, 'vmlinuz'));
    return 'vmlinuz';
  }
  await writeFile(join(folder, 'vmlinux'), unpacked);
  await rm(found);
  return 'vmlinux';
}

async function attempt(
  what: string,
  program: string,
  args: readonly string[],
  options: HostCommandOptions,
): Promise<void> {
  const result = await hostCommand(program, args, options);
  if (!result.ok) throw commandFailure(`could not ${what}`, result);
}
