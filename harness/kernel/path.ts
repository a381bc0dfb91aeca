import { existsSync, statSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Kernel } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import { hashFile } from '../util/hash.ts';
import { ARCHITECTURES } from '../arch/architectures.ts';
import { parseBanner } from './banner.ts';
import { seriesOfVersion } from './debian-version.ts';
import { readKernelFile, readKernelImage } from './kernel-image.ts';
import { moduleLists } from './modules.ts';
import { PACKAGE_FORMATS } from './packages/member.ts';
import { contentKey, kernelFrom, storedKernel } from './store.ts';

/** The path of a kernel, and its names. */
export interface PathRequest {
  readonly path: string;
  readonly id: string;
  readonly spec: string;
  readonly cacheDir: string;
  readonly notes?: readonly string[];
}

/**
 * Takes a kernel from the user's disk: a vmlinuz, bzImage, Image or vmlinux, or a folder that contains one, with lib/modules/RELEASE next to
 * it or with everything built in. A compressed image is unpacked into the cache; modules are used in place. Throws a `usage` error if
 * there is no kernel at the path, `infra` if it cannot be read.
 */
export async function fetchPathKernel(request: PathRequest): Promise<Kernel> {
  const file = await findImage(request.path);
  const content = await readKernelFile(file);
  const found = await readKernelImage(content, file);
  if (typeof found === 'string') throw new BpfrigError('usage', `${request.spec}: ${file} ${found}`);
  const { arch, banner, unpack } = found;
  const name = banner === null ? null : parseBanner(banner);
  if (name === null) {
    throw new BpfrigError(
      'usage',
      `${request.spec}: ${file} contains no "Linux version" text, so its version is unknown; use a vmlinuz, bzImage, Image or vmlinux`,
    );
  }
  const modulesDir = findModules(request.path, file, name.release);
  const dep = modulesDir === null ? [] : await Promise.all(moduleLists(modulesDir).map(hashFile));
  const key = contentKey([await hashFile(file), ...dep]);
  const about = { series: seriesOfVersion(name.version), ...name, packages: [] };
  const kernel = {
    id: request.id,
    spec: request.spec,
    flavour: arch,
    arch,
    key,
    notes: request.notes ?? [],
    given: file,
  } as const;
  if (unpack === null) return { ...kernel, ...about, image: file, modulesDir };

  const { cacheDir } = request;
  const stored = await storedKernel(cacheDir, key, async folder => {
    const unpacked = await unpack();
    if (unpacked !== null) await writeFile(join(folder, 'vmlinux'), unpacked);
    return { ...about, image: unpacked === null ? '' : 'vmlinux', modulesDir: null };
  });
  // QEMU itself boots an image whose compression format bpfrig does not know.
  const image = stored.image === '' ? { image: file } : {};
  return { ...kernelFrom(stored, { ...kernel, cacheDir }), ...image, modulesDir };
}

/** Returns the kernel image at a path: the file itself, or the most likely file in a folder. */
async function findImage(path: string): Promise<string> {
  const seen = statSync(path, { throwIfNoEntry: false });
  if (seen === undefined) throw new BpfrigError('usage', `no kernel at ${path}: no such file or folder`);
  if (!seen.isDirectory()) return path;
  const fixed = [
    ...ARCHITECTURES.map(({ kernel }) => kernel.image),
    'bzImage',
    'Image',
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
    ...(await imagesNextToModules(path)),
  ];
  if (found[0] !== undefined) return found[0];
  throw new BpfrigError(
    'usage',
    `no kernel in ${path}: looked for boot/vmlinuz*, arch/x86/boot/bzImage, vmlinuz and vmlinux${await hintFor(path)}`,
  );
}

/** What a folder without a kernel is instead. */
async function hintFor(path: string): Promise<string> {
  const names = await readdir(path);
  if (names.includes('Kconfig') && names.includes('Makefile'))
    return `; it is a source tree that is not built: build it, or let tree:${path} do that`;
  const format = PACKAGE_FORMATS.find(one => names.some(name => name.endsWith(`.${one}`)));
  return format === undefined ? '' : `; it has packages: ${format}:${path} takes the kernels in them`;
}

async function matching(folder: string, pattern: RegExp): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder)).filter(name => pattern.test(name)).sort();
  return names.map(name => join(folder, name));
}

async function imagesNextToModules(path: string): Promise<string[]> {
  const folders = [join(path, 'lib/modules'), join(path, 'usr/lib/modules')];
  const releases = await Promise.all(folders.map(folder => matching(folder, /./)));
  return releases
    .flat()
    .map(folder => join(folder, 'vmlinuz'))
    .filter(existsSync);
}

function findModules(path: string, file: string, release: string): string | null {
  const imageDir = dirname(file);
  const roots = [path, imageDir, dirname(imageDir)];
  const places = roots.flatMap(root => [
    join(root, 'lib/modules', release),
    join(root, 'usr/lib/modules', release),
  ]);
  // The modules of usr/lib/modules/RELEASE/vmlinuz are in the same folder.
  if (basename(imageDir) === release) places.push(imageDir);
  const found = places.find(
    place => existsSync(join(place, 'kernel')) || existsSync(join(place, 'modules.dep')),
  );
  if (found === undefined) return null;
  if (existsSync(join(found, 'modules.dep'))) return found;
  throw new BpfrigError(
    'usage',
    `${found} has modules but no modules.dep: run depmod -b on the folder that contains lib/modules`,
  );
}
