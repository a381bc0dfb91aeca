import { access, constants, lstat, readFile, readlink, stat } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { Architecture } from '../arch/architecture.ts';
import { architecture } from '../arch/architectures.ts';
import type { ArchName } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import { hashKey } from '../util/hash.ts';
import { commandFailure, hostCommand } from '../util/host-command.ts';
import type { CpioEntry } from './cpio.ts';
import { linkerFlags } from './linker.ts';
import { findOnPath, findProgram, sharedLibraries } from './host-programs.ts';
import { launcher } from '../util/launcher.ts';
import { packagesIn, sysroot } from './sysroot.ts';

/** Where the programs and libraries of guests come from, and what compiles for them. */
export interface Userland {
  readonly arch: Architecture;
  /** What stands for its state in keys of the cache, besides the content of files that are read. */
  readonly key: string;
  /** Beginning of the names of gcc, strip and ar. */
  readonly cross: string;
  /** Options for the compiler and the linker. */
  readonly flags: readonly string[];
  /** Folders of headers that depend on the architecture. */
  readonly include: string;
  /** The program's path on this host; null where there is none. */
  readonly find: (name: string) => Promise<string | null>;
  /** A program with the libraries that it is linked to, as entries of an initramfs; the program itself at `guestPath`. */
  readonly entries: (guestPath: string, path: string) => Promise<CpioEntry[]>;
}

/**
 * The host's own programs and compiler for its own architecture, Debian's packages and cross compiler for another; `packages` are those that a guest has
 * besides. Throws `infra` where they are unavailable.
 */
export async function userland(
  arch: ArchName,
  cacheDir: string,
  packages: readonly string[] = [],
): Promise<Userland> {
  return arch === 'amd64' ? hostUserland() : foreignUserland(architecture(arch), packages, cacheDir);
}

function hostUserland(): Userland {
  const arch = architecture('amd64');
  return {
    arch,
    key: 'host',
    cross: '',
    flags: [],
    include: join('/usr/include', arch.toolchain.tuple),
    find: findOnPath,
    entries: async (guestPath, path) => {
      const libraries = await sharedLibraries(path);
      return Promise.all([fileAt(guestPath, path), ...libraries.map(library => fileAt(library, library))]);
    },
  };
}

async function foreignUserland(
  arch: Architecture,
  packages: readonly string[],
  cacheDir: string,
): Promise<Userland> {
  const root = await sysroot(arch, packages, cacheDir);
  const { tuple } = arch.toolchain;
  return {
    arch,
    key: hashKey(await packagesIn(root)),
    cross: `${tuple}-`,
    flags: [`--sysroot=${root}`, ...(await linkerFlags(arch))],
    include: join(root, 'usr', 'include', tuple),
    find: name => findIn(root, name),
    entries: async (guestPath, path) => {
      const libraries = await librariesIn(root, arch, path);
      const files = libraries.map(async library => fileAt(library, await resolveIn(root, library)));
      return Promise.all([fileAt(guestPath, path), ...files]);
    },
  };
}

/** gcc for guests. Throws `infra` where this host has none. */
export async function guestCompiler({ arch, cross }: Userland): Promise<string> {
  if (cross === '') return findProgram('gcc');
  const path = await findOnPath(`${cross}gcc`);
  if (path !== null) return path;
  throw new BpfrigError(
    'infra',
    `this host has no ${cross}gcc, which compiles the agent for guests of ${arch.text}: install ${arch.toolchain.package} (${launcher()} doctor --fix --arch ${arch.name})`,
  );
}

/** A program that every guest has. Throws `infra` where it is missing. */
export async function neededProgram(from: Userland, name: string): Promise<string> {
  if (from.arch.name === 'amd64') return findProgram(name);
  const path = await from.find(name);
  if (path !== null) return path;
  throw new BpfrigError('infra', `Debian's packages for guests of ${from.arch.text} have no program ${name}`);
}

async function fileAt(guestPath: string, path: string): Promise<CpioEntry> {
  return { path: guestPath, kind: 'file', mode: 0o755, data: await readFile(path) };
}

const PROGRAM_FOLDERS = ['/usr/sbin', '/sbin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/local/bin'];

async function findIn(root: string, name: string): Promise<string | null> {
  for (const folder of PROGRAM_FOLDERS) {
    const path = await resolveIn(root, join(folder, name)).catch(() => null);
    if (path !== null && (await isProgram(path))) return path;
  }
  return null;
}

async function isProgram(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => null);
  if (stats === null || !stats.isFile()) return false;
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Most links that are followed: path_resolution(7). */
const MOST_LINKS = 40;

/** The file of a path in a root folder, its last link followed as it is in that root. Throws ENOENT where there is none. */
async function resolveIn(root: string, path: string): Promise<string> {
  let at = normalize(path);
  for (let links = 0; links < MOST_LINKS; links += 1) {
    const there = await exists(join(root, at));
    // Debian's packages since 13 have in /usr what others look for in /.
    const place = there ? join(root, at) : join(root, 'usr', at);
    if (!(await lstat(place)).isSymbolicLink()) return place;
    const target = await readlink(place);
    at = normalize(target.startsWith('/') ? target : join('/', dirname(at), target));
  }
  throw new BpfrigError('infra', `${path} in ${root}: too many links`);
}

/** The interpreter of a program and all libraries that it needs, each at the path where the guest's loader looks for it. A static program has none. */
async function librariesIn(root: string, { toolchain }: Architecture, program: string): Promise<string[]> {
  const folders = ['lib', 'usr/lib'].flatMap(folder => [
    join('/', folder, toolchain.tuple),
    join('/', folder),
  ]);
  const found = new Map<string, string>();
  const queue = [program];
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    const { interpreter, needed } = await dynamicOf(file);
    for (const name of [...(interpreter === null ? [] : [interpreter]), ...needed]) {
      if (found.has(name)) continue;
      const path = await libraryIn(root, name, folders);
      if (path === null)
        throw new BpfrigError('infra', `${program} needs ${name}, which no package of its folder has`);
      found.set(name, path);
      queue.push(await resolveIn(root, path));
    }
  }
  return [...new Set(found.values())];
}

async function libraryIn(root: string, name: string, folders: readonly string[]): Promise<string | null> {
  const paths = name.startsWith('/') ? [name] : folders.map(folder => join(folder, name));
  for (const path of paths) {
    const places = [join(root, path), join(root, 'usr', path)];
    if ((await exists(places[0] ?? '')) || (await exists(places[1] ?? ''))) return path;
  }
  return null;
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null;
}

/** What a program asks its loader for, by readelf(1). */
async function dynamicOf(
  file: string,
): Promise<{ readonly interpreter: string | null; readonly needed: readonly string[] }> {
  const result = await hostCommand('readelf', ['-l', '-d', '-W', file], { timeoutMs: 30_000 });
  if (!result.ok) throw commandFailure(`cannot read ${file}`, result);
  const interpreter = /\[Requesting program interpreter: (\S+)\]/.exec(result.stdout)?.[1] ?? null;
  const needed = [...result.stdout.matchAll(/\(NEEDED\)\s+Shared library: \[([^\]]+)\]/g)].flatMap(
    ([, name]) => name ?? [],
  );
  return { interpreter, needed };
}
