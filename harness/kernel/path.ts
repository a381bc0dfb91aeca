import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Kernel } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import { hashFile } from '../util/hash.ts';
import { bannerOfElf, isElf, parseBanner, parseBzImage, readKernelFile } from './bzimage.ts';
import { seriesOfVersion } from './debian-version.ts';
import { contentKey, kernelFrom, storedKernel } from './store.ts';
import { uncompress } from './unpack.ts';

/** Where a kernel given by path is, and what to call it. */
export interface PathRequest {
  readonly path: string;
  readonly id: string;
  readonly spec: string;
  readonly cacheDir: string;
  readonly notes?: readonly string[];
}

/**
 * A kernel from the user's own disk: a vmlinuz, bzImage or vmlinux, or a folder that holds one, with lib/modules/RELEASE near it
 * or with everything built in. A compressed one is unpacked into the cache; modules stay where they are. Throws a `usage` error
 * when there is no kernel at the path, `infra` when it cannot be read.
 */
export async function fetchPathKernel(request: PathRequest): Promise<Kernel> {
  const file = await findImage(request.path);
  const content = await readKernelFile(file);
  const header = parseBzImage(content);
  if (header === null && !isElf(content)) {
    throw new BpfrigError(
      'usage',
      `${request.spec}: ${file} is neither a bzImage nor an ELF; give a vmlinuz, bzImage or vmlinux`,
    );
  }
  const banner = header === null ? bannerOfElf(content) : header.banner;
  const name = banner === null ? null : parseBanner(banner);
  if (name === null) {
    throw new BpfrigError(
      'usage',
      `${request.spec}: ${file} holds no "Linux version" text, so it is no kernel that can be told apart`,
    );
  }
  const modulesDir = findModules(request.path, file, name.release);
  const dep = modulesDir === null ? [] : [await hashFile(join(modulesDir, 'modules.dep'))];
  const key = contentKey([await hashFile(file), ...dep]);
  const about = { series: seriesOfVersion(name.version), ...name, packages: [] };
  const kernel = {
    id: request.id,
    spec: request.spec,
    flavour: 'amd64',
    key,
    notes: request.notes ?? [],
  } as const;
  if (header === null) return { ...kernel, ...about, image: file, modulesDir };

  const { cacheDir } = request;
  const stored = await storedKernel(cacheDir, key, async folder => {
    const unpacked = await uncompress(file, join(folder, 'vmlinux'));
    return { ...about, image: unpacked ? 'vmlinux' : '', modulesDir: null };
  });
  // A packing that bpfrig cannot undo is QEMU's own to boot.
  const image = stored.image === '' ? { image: file } : {};
  return { ...kernelFrom(stored, { ...kernel, cacheDir }), ...image, modulesDir };
}

/** The kernel image at a path: the file itself, or the most likely one of a folder. */
async function findImage(path: string): Promise<string> {
  const seen = statSync(path, { throwIfNoEntry: false });
  if (seen === undefined) throw new BpfrigError('usage', `no kernel at ${path}: no such file or folder`);
  if (!seen.isDirectory()) return path;
  const fixed = [
    'arch/x86/boot/bzImage',
    'bzImage',
    'vmlinuz',
    'vmlinux',
    'boot/bzImage',
    'boot/vmlinuz',
    'boot/vmlinux',
  ];
  const found = [
    ...fixed.map(name => join(path, name)).filter(existsSync),
    ...(await matching(join(path, 'boot'), /^vmlinu[xz]-/)),
    ...(await matching(path, /^vmlinu[xz]-/)),
    ...(await imagesBesideModules(path)),
  ];
  if (found[0] !== undefined) return found[0];
  throw new BpfrigError(
    'usage',
    `no kernel in ${path}: looked for boot/vmlinuz*, arch/x86/boot/bzImage, vmlinuz and vmlinux`,
  );
}

async function matching(folder: string, pattern: RegExp): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder)).filter(name => pattern.test(name)).sort();
  return names.map(name => join(folder, name));
}

async function imagesBesideModules(path: string): Promise<string[]> {
  const folders = [join(path, 'lib/modules'), join(path, 'usr/lib/modules')];
  const releases = await Promise.all(folders.map(folder => matching(folder, /./)));
  return releases
    .flat()
    .map(folder => join(folder, 'vmlinuz'))
    .filter(existsSync);
}

function findModules(path: string, file: string, release: string): string | null {
  const beside = dirname(file);
  const roots = [path, beside, dirname(beside)];
  const places = roots.flatMap(root => [
    join(root, 'lib/modules', release),
    join(root, 'usr/lib/modules', release),
  ]);
  // usr/lib/modules/RELEASE/vmlinuz has its modules right there.
  if (basename(beside) === release) places.push(beside);
  const found = places.find(
    place => existsSync(join(place, 'kernel')) || existsSync(join(place, 'modules.dep')),
  );
  if (found === undefined) return null;
  if (existsSync(join(found, 'modules.dep'))) return found;
  throw new BpfrigError(
    'usage',
    `${found} has modules and no modules.dep: run depmod -b on the folder that holds lib/modules`,
  );
}
