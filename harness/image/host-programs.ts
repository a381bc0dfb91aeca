import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BpfrigError } from '../util/errors.ts';
import { hostCommand } from '../util/host-command.ts';
import { launcher } from '../util/launcher.ts';

/** Folders that are searched in addition to PATH, because a user's PATH often lacks the sbin folders. */
const SYSTEM_DIRS = ['/usr/sbin', '/sbin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/local/bin'];

/** Returns the path of a host program. Throws an `infra` error that names the program if it is not installed. */
export async function findProgram(name: string): Promise<string> {
  const path = await findOnPath(name);
  if (path !== null) return path;
  throw new BpfrigError(
    'infra',
    `this host has no program ${name}; ${launcher()} doctor --fix installs what is missing`,
  );
}

/** Where Ubuntu before 25.04 has bpftool, in a folder for each kernel. What PATH has is a script that takes only that of the running kernel. */
const LINUX_TOOLS = '/usr/lib/linux-tools';

/** The newest bpftool of Ubuntu's folders of tools; null where there is none. */
export async function newestBpftool(folder: string = LINUX_TOOLS): Promise<string | null> {
  const releases = await readdir(folder).catch(() => []);
  const newestFirst = releases.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  for (const release of newestFirst) {
    const path = join(folder, release, 'bpftool');
    if (await isExecutable(path)) return path;
  }
  return null;
}

/** The path of a host program; null if it is not installed. */
export async function findOnPath(name: string): Promise<string | null> {
  const own = name === 'bpftool' ? await newestBpftool() : null;
  if (own !== null) return own;
  for (const dir of [...(process.env['PATH'] ?? '').split(':'), ...SYSTEM_DIRS]) {
    const path = join(dir, name);
    if (dir !== '' && (await isExecutable(path))) return path;
  }
  return null;
}

/** Returns the libraries that ldd lists, at the paths where the loader searches for them. A static program has none. */
export async function sharedLibraries(path: string): Promise<string[]> {
  const result = await hostCommand('ldd', [path], { timeoutMs: 10_000 });
  if (!result.ok) return [];
  const missing = /^\s*(\S+) => not found/m.exec(result.stdout)?.[1];
  if (missing !== undefined)
    throw new BpfrigError('infra', `${path} needs ${missing}, which this host does not have`);
  return [...result.stdout.matchAll(/(?:=>\s+|^\s+)(\/\S+)\s+\(0x/gm)].flatMap(match => match[1] ?? []);
}

/** Whether a path is a file that can be executed. */
export async function isExecutable(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => null);
  if (stats === null || !stats.isFile()) return false;
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
