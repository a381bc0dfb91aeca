import { lstat, readFile, realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { GuestProgram } from '../model/guest-additions.ts';
import { BpfrigError } from '../util/errors.ts';
import type { CpioEntry } from './cpio.ts';
import { findOnPath, isExecutable, sharedLibraries } from './host-programs.ts';
import type { ObjectTarget } from './bpf-object.ts';
import { isPackageName, packageFiles, packageWith } from './packages.ts';
import { userland } from './userland.ts';

/** Folders of programs that are in a guest's PATH. A program from elsewhere goes into the first of them. */
const PROGRAM_FOLDER = /^\/(?:usr\/(?:local\/)?)?s?bin\/[^/]+$/;
const OTHER_PROGRAMS = '/usr/local/bin';

/** Parts of a package that no program reads in a guest. */
const UNREAD = /^\/usr\/(?:share\/(?:doc|man|info|locale|lintian|bash-completion|zsh|fish|bug)|include)\//;

/** A file of the host, and where it goes. */
interface Placed {
  readonly from: string;
  readonly to: string;
}

/**
 * Programs of the host with their shared libraries, as entries of an initramfs: by a path, by a name on the host's PATH, or all programs of
 * an installed Debian package. Throws a `scenario` error that says which package has a program that is missing, where that is known.
 */
export async function programFiles(
  programs: readonly GuestProgram[],
  target: ObjectTarget,
): Promise<CpioEntry[]> {
  if (programs.length > 0 && target.arch !== 'amd64') return foreignPrograms(programs, target);
  const placed = (await Promise.all(programs.map(find))).flat();
  const libraries = await Promise.all(placed.map(({ from }) => sharedLibraries(from)));
  const all = [...placed, ...libraries.flat().map(path => ({ from: path, to: path }))];
  const entries = new Map<string, CpioEntry>();
  for (const { from, to } of all) {
    if (entries.has(to)) continue;
    const path = await realpath(from);
    entries.set(to, {
      path: to,
      kind: 'file',
      mode: (await stat(path)).mode & 0o7777,
      data: await readFile(path),
    });
  }
  return [...entries.values()];
}

/** Programs of Debian's packages for a foreign architecture, each with its libraries. A program of the user's own is for that architecture already, and static. */
async function foreignPrograms(
  programs: readonly GuestProgram[],
  { arch, cacheDir }: ObjectTarget,
): Promise<CpioEntry[]> {
  const named = programs.filter(({ path }) => path === null).map(({ name }) => name);
  const packages = await Promise.all(named.map(async name => (await packageWith(name)) ?? name));
  const from = await userland(arch, cacheDir, packages.filter(isPackageName));
  const parts = programs.map(async ({ name, path }): Promise<CpioEntry[]> => {
    const own = path === null ? await from.find(name) : (await ownProgram(name, path))[0]?.from;
    if (own == null)
      throw new BpfrigError(
        'scenario',
        `\`guest: { programs }\`: Debian's packages for ${arch} have no program \`${name}\``,
      );
    return from.entries(place(path ?? `/usr/bin/${name}`).to, own);
  });
  return [...new Map((await Promise.all(parts)).flat().map(entry => [entry.path, entry])).values()];
}

async function find({ name, path }: GuestProgram): Promise<Placed[]> {
  if (path !== null) return await ownProgram(name, path);
  const found = await findOnPath(name);
  if (found !== null) return [place(found)];
  const files = await packageFiles(name);
  if (files !== null) return await partsOf(name, files);
  const owner = await packageWith(name);
  const remedy = owner === null ? '' : `: Debian's package ${owner} has it`;
  throw new BpfrigError('scenario', `\`guest: { programs }\`: this host has no program \`${name}\`${remedy}`);
}

async function ownProgram(name: string, path: string): Promise<Placed[]> {
  const stats = await stat(path).catch(() => null);
  const trouble =
    stats === null
      ? 'there is no such file'
      : stats.isDirectory()
        ? 'it is a folder: put it into `files`'
        : (await isExecutable(path))
          ? null
          : 'it is not executable';
  if (trouble !== null)
    throw new BpfrigError('scenario', `\`guest: { programs }\`: ${name}: ${trouble} (${path})`);
  return [place(path)];
}

function place(path: string): Placed {
  return { from: path, to: PROGRAM_FOLDER.test(path) ? path : `${OTHER_PROGRAMS}/${basename(path)}` };
}

/** Regular files of a package, at their own places. */
async function partsOf(name: string, files: readonly string[]): Promise<Placed[]> {
  const parts = await Promise.all(
    files
      .filter(path => !UNREAD.test(path))
      .map(async path => ((await isFile(path)) ? [{ from: path, to: path }] : [])),
  );
  if (parts.flat().some(({ to }) => PROGRAM_FOLDER.test(to))) return parts.flat();
  throw new BpfrigError('scenario', `\`guest: { programs }\`: Debian's package ${name} has no program`);
}

/** Links of a package point to other files of it, or to what an alternative is. */
async function isFile(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => null);
  return (
    stats !== null &&
    (stats.isFile() || stats.isSymbolicLink()) &&
    ((await stat(path).catch(() => null))?.isFile() ?? false)
  );
}

/** A script that nothing in the guest can run: what it is, and its interpreter. Null where there is none. */
export function withoutInterpreter(
  entries: readonly CpioEntry[],
  present: ReadonlySet<string>,
): { readonly path: string; readonly interpreter: string } | null {
  for (const { path, mode, data, kind } of entries) {
    if (kind !== 'file' || (mode & 0o111) === 0 || data === undefined) continue;
    const line = /^#!\s*(\S+)(?:[ \t]+(\S+))?/.exec(data.subarray(0, 256).toString('latin1'));
    if (line === null) continue;
    const [, program = '', argument = ''] = line;
    const wanted = basename(program) === 'env' ? argument : program;
    const found = wanted.startsWith('/')
      ? present.has(wanted)
      : [...present].some(one => PROGRAM_FOLDER.test(one) && basename(one) === wanted);
    if (!found) return { path, interpreter: wanted };
  }
  return null;
}
