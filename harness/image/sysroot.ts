import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Architecture } from '../arch/architecture.ts';
import { aptError, DOWNLOAD_MS, privateState, runAptGet, UPDATE_MS } from '../kernel/apt-state.ts';
import { loadCatalogue } from '../kernel/catalogue.ts';
import { cachedFolder } from '../util/cache.ts';
import { hashKey } from '../util/hash.ts';
import { commandFailure, hostCommand } from '../util/host-command.ts';
import { hostNote } from '../util/host-notes.ts';
import { once } from '../util/once.ts';
import { withLock } from '../util/lock.ts';

/** What guests of a foreign architecture are made of: the programs of images/guest.yaml, and what the agent is linked with. */
const BASE =
  'libc6-dev libelf-dev zlib1g-dev libjansson-dev busybox-static dash dropbear-bin iproute2 ethtool'.split(
    ' ',
  );

/** To be raised when a sysroot of the same packages has another content. */
const FORMAT = 1;

/** A file that is written when everything is unpacked. */
const LIST = 'packages.json';

const unpacked = new Map<string, Promise<string>>();

/**
 * A folder with Debian's packages of a foreign architecture, and all that they depend on, unpacked: programs and libraries for guests, headers and static
 * libraries for a cross compiler. The host's own packages are not touched. Made once; the cache keeps it until it is damaged.
 * Throws `infra` where the mirror does not have them.
 */
export function sysroot(arch: Architecture, packages: readonly string[], cacheDir: string): Promise<string> {
  const all = [...new Set([...BASE, ...packages])].toSorted();
  const key = hashKey([FORMAT, arch.name, arch.toolchain.suite, all]);
  return once(unpacked, `${cacheDir} ${key}`, () => {
    // Thousands of headers would cost more than what they decide: a compiler notices a damaged one.
    const verified = (name: string): boolean => !name.startsWith('usr/include/');
    return cachedFolder(
      join(cacheDir, 'sysroots', `${arch.name}-${key}`),
      temp => unpack(arch, all, temp, cacheDir),
      {
        verified,
      },
    );
  });
}

async function unpack(
  { name, toolchain }: Architecture,
  packages: readonly string[],
  folder: string,
  cacheDir: string,
): Promise<void> {
  const access = { cacheDir, catalogue: loadCatalogue(), onProgress: hostNote };
  const { config } = await privateState(toolchain.suite, name, access);
  const debs = join(folder, 'debs');
  await mkdir(join(debs, 'partial'), { recursive: true });
  await withLock(config, async () => {
    const update = await runAptGet(config, ['--error-on=any', 'update'], access, { timeoutMs: UPDATE_MS });
    if (!update.ok) throw aptError(`apt could not update ${toolchain.suite} for ${name}`, update);
    const args = [
      '-o',
      `Dir::Cache::archives=${debs}`,
      '--no-install-recommends',
      '--download-only',
      '-y',
      'install',
    ];
    const result = await runAptGet(config, [...args, ...packages], access, {
      timeoutMs: DOWNLOAD_MS,
      cwd: debs,
    });
    if (!result.ok)
      throw aptError(`apt could not download ${name}'s packages for guests from ${toolchain.suite}`, result);
  });
  const names = (await readdir(debs)).filter(file => file.endsWith('.deb'));
  for (const file of names) {
    const result = await hostCommand('dpkg-deb', ['-x', join(debs, file), folder], { timeoutMs: 300_000 });
    if (!result.ok) throw commandFailure(`could not unpack ${file}`, result);
  }
  await rm(debs, { recursive: true });
  await rm(join(folder, 'usr', 'share'), { recursive: true, force: true });
  await writeFile(join(folder, LIST), JSON.stringify(names.toSorted()));
}

/** The packages of a sysroot, with their versions: names of their files. */
export async function packagesIn(folder: string): Promise<readonly string[]> {
  return JSON.parse(await readFile(join(folder, LIST), 'utf8')) as string[];
}
