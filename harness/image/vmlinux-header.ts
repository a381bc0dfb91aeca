import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import semver from 'semver';
import { architecture } from '../arch/architectures.ts';
import type { ByteOrder } from '../arch/byte-order.ts';
import { btfInImage } from '../kernel/btf-in-image.ts';
import { flavoursOf, loadCatalogue, seriesOf } from '../kernel/catalogue.ts';
import { isElf } from '../kernel/elf-kernel.ts';
import { unpackedParts } from '../kernel/packed.ts';
import { fetchKernel } from '../kernel/provider.ts';
import { parseKernelSpec } from '../kernel/spec.ts';
import { readStored, storeFolder } from '../kernel/store.ts';
import type { ArchName } from '../model/kernel.ts';
import { cachedFolder, ensureIntact } from '../util/cache.ts';
import { BpfrigError } from '../util/errors.ts';
import { hashKey } from '../util/hash.ts';
import { commandFailure, hostCommand } from '../util/host-command.ts';
import { once } from '../util/once.ts';
import { findProgram } from './host-programs.ts';

const headers = new Map<string, Promise<string>>();

/**
 * A folder with `vmlinux.h` (and `bpf/vmlinux.h`): every type of one kernel, from its BTF, by `bpftool btf dump`. The kernel is the
 * newest default series of images/kernels.yaml that the architecture has, whichever kernels a run is on, so that the object is the same everywhere; CO-RE
 * relocations fit it to each. Where that kernel cannot be fetched, the newest in the cache serves.
 *
 * Throws `infra` when there is no kernel with BTF, or no bpftool.
 */
export async function vmlinuxHeaderFolder(arch: ArchName, cacheDir: string): Promise<string> {
  const folder = await once(headers, `${arch} ${cacheDir}`, async () => {
    const stored = arch === 'amd64' ? await newestStored(cacheDir) : null;
    const kernel = (await newestDefault(arch, cacheDir)) ?? stored;
    if (kernel === null)
      throw new BpfrigError('infra', 'vmlinux.h is made from a kernel, and none could be fetched');
    const bpftool = await findProgram('bpftool');
    const key = hashKey([FORMAT, kernel.key, await versionOf(bpftool)]);
    return cachedFolder(join(cacheDir, 'build', `vmlinux-${key}`), temp =>
      dump(bpftool, kernel.image, temp, architecture(arch).byteOrder),
    );
  });
  await ensureIntact([join(folder, 'vmlinux.h'), join(folder, 'bpf', 'vmlinux.h')]);
  return folder;
}

/** To be raised when the folder's content changes for the same kernel. */
const FORMAT = 1;

/** How types are written differs between versions. */
async function versionOf(bpftool: string): Promise<string> {
  const { stdout } = await hostCommand(bpftool, ['version'], { timeoutMs: 10_000 });
  return stdout;
}

interface BtfSource {
  /** The kernel's image: an ELF file with section `.BTF`, or one that is not compressed. */
  readonly image: string;
  readonly key: string;
}

async function dump(bpftool: string, image: string, folder: string, order: ByteOrder): Promise<void> {
  const file = await readableBtf(image, folder, order);
  const args = ['btf', 'dump', 'file', file, 'format', 'c'];
  const result = await hostCommand(bpftool, args, { timeoutMs: 120_000, maxOutputBytes: 1 << 28 });
  if (!result.ok) throw commandFailure(`bpftool cannot make vmlinux.h from the BTF of ${image}`, result);
  if (file !== image) await rm(file);
  await mkdir(join(folder, 'bpf'));
  await writeFile(join(folder, 'vmlinux.h'), `#pragma clang system_header\n${result.stdout}\n`);
  await writeFile(join(folder, 'bpf', 'vmlinux.h'), '#include "../vmlinux.h"\n');
}

/** What bpftool can read: the image, or the BTF that was in it, in a file of `folder`. */
async function readableBtf(image: string, folder: string, order: ByteOrder): Promise<string> {
  const content = await readFile(image);
  if (isElf(content)) return image;
  const btf = btfInImage(content, order) ?? (await packedBtf(content, order));
  if (btf === null)
    throw new BpfrigError(
      'infra',
      `vmlinux.h is made from a kernel's BTF, and in ${image} there is none that can be read`,
    );
  const file = join(folder, 'btf');
  await writeFile(file, btf);
  return file;
}

/** The BTF of a kernel that is compressed behind its own loader, as a bzImage of s390x is. */
async function packedBtf(image: Buffer, order: ByteOrder): Promise<Buffer | null> {
  for await (const content of unpackedParts(image)) {
    const btf = btfInImage(content, order);
    if (btf !== null) return btf;
  }
  return null;
}

async function newestDefault(arch: ArchName, cacheDir: string): Promise<BtfSource | null> {
  const catalogue = loadCatalogue();
  const series = seriesOf(catalogue, 'default').findLast(one => flavoursOf(catalogue, one, arch).length > 0);
  if (series === undefined) return null;
  const spec = parseKernelSpec(arch === 'amd64' ? series : `${series}/${arch}`, catalogue);
  return fetchKernel(spec, { cacheDir, locked: false }).catch(() => null);
}

async function newestStored(cacheDir: string): Promise<BtfSource | null> {
  const keys = await readdir(join(cacheDir, 'kernels')).catch(() => []);
  const kernels = await Promise.all(
    keys.map(async key => {
      const stored = await readStored(cacheDir, key);
      if (stored === null || stored.image === '') return [];
      return [{ key, image: join(storeFolder(cacheDir, key), stored.image), version: stored.version }];
    }),
  );
  const order = (version: string): string => semver.coerce(version)?.version ?? '0.0.0';
  return (
    kernels
      .flat()
      .toSorted((a, b) => semver.compare(order(a.version), order(b.version)))
      .at(-1) ?? null
  );
}
