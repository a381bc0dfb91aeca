import { mkdir, rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { loadCatalogue } from '../kernel/catalogue.ts';
import { downloadSource } from '../kernel/source-package.ts';
import { cachedFolder } from '../util/cache.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { hashKey } from '../util/hash.ts';
import { commandFailure, hostCommand } from '../util/host-command.ts';
import { once } from '../util/once.ts';
import { cacheRoot } from '../util/paths.ts';
import type { ArchName } from '../model/kernel.ts';
import { findProgram } from './host-programs.ts';
import { type LibbpfLock, loadLibbpfLock } from './libbpf-lock.ts';
import { guestCompiler, type Userland, userland } from './userland.ts';
import { launcher } from '../util/launcher.ts';

/** A libbpf that was built. */
export interface Libbpf {
  /** Has `bpf/libbpf.h`, `bpf/bpf_helpers.h` and the `linux/bpf.h` that they are for. */
  readonly include: string;
  /** The static library. */
  readonly archive: string;
  /** The folder of both. */
  readonly folder: string;
}

const built = new Map<string, Promise<string>>();

/**
 * The libbpf that images/libbpf.lock.yaml pins, built once for each architecture and compiler. Once it is in the cache, no network is needed. Throws `infra` when
 * its source cannot be fetched or does not build.
 *
 * It is always in the user's cache: a test that compiles into a cache of its own need not build a libbpf.
 */
export async function libbpf(arch: ArchName): Promise<Libbpf> {
  const cacheDir = cacheRoot();
  const folder = await once(built, `${arch} ${cacheDir}`, async () => {
    const lock = loadLibbpfLock();
    const from = await userland(arch, cacheDir);
    const gcc = await hostCommand(await guestCompiler(from), ['--version'], {
      timeoutMs: 10_000,
    });
    const key = hashKey([FORMAT, lock.files, gcc.stdout, from.key]);
    return cachedFolder(join(cacheDir, 'libbpf', key), async temp => make(lock, from, temp, cacheDir));
  });
  return { folder, include: join(folder, 'include'), archive: join(folder, 'lib', 'libbpf.a') };
}

/** To be raised when the folder's content changes for the same source. */
const FORMAT = 1;

async function make(lock: LibbpfLock, from: Userland, folder: string, cacheDir: string): Promise<void> {
  const work = join(folder, 'work');
  await mkdir(work);
  await downloadSource(lock, lock.suites, work, { cacheDir, catalogue: loadCatalogue() }).catch(
    (error: unknown) => {
      throw new BpfrigError(
        'infra',
        `libbpf, which the agent is linked with, cannot be fetched: ${messageOf(error)} (images/libbpf.lock.yaml pins it; ${launcher()} kernels lock --libbpf pins the newest)`,
        { cause: error },
      );
    },
  );
  // Debian's package has no patches: what it adds is for building a .deb.
  const source = lock.files.find(({ name }) => /\.orig\.tar\.\w+$/.test(name));
  if (source === undefined) throw new BpfrigError('infra', 'images/libbpf.lock.yaml names no .orig.tar file');
  await run('unpack libbpf', 'tar', ['-xf', source.name, '--strip-components=1', '--no-same-owner'], work);
  await run('build libbpf with make and gcc', 'make', makeArguments(from, folder), join(work, 'src'));
  await rename(join(folder, 'root', 'include'), join(folder, 'include'));
  await rename(join(folder, 'root', 'lib'), join(folder, 'lib'));
  await rm(join(folder, 'root'), { recursive: true });
  await rm(work, { recursive: true });
}

function makeArguments({ cross, flags }: Userland, folder: string): string[] {
  const places = [`DESTDIR=${join(folder, 'root')}`, 'PREFIX=', 'INCLUDEDIR=/include', 'LIBDIR=/lib'];
  // Without the folder's temporary name in its debug information, and so in no agent that is linked with it.
  const cflags = ['-O2', '-Wall', `-ffile-prefix-map=${folder}=libbpf`, ...flags].join(' ');
  const options = [
    'BUILD_STATIC_ONLY=1',
    'NO_PKG_CONFIG=1',
    `CC=${cross}gcc`,
    `AR=${cross}ar`,
    `CFLAGS=${cflags}`,
  ];
  return ['-s', `-j${availableParallelism()}`, ...options, ...places, 'install', 'install_uapi_headers'];
}

async function run(what: string, program: string, args: readonly string[], cwd: string): Promise<void> {
  const result = await hostCommand(await findProgram(program), args, { timeoutMs: 600_000, cwd });
  if (!result.ok) throw commandFailure(`could not ${what}`, result);
}
