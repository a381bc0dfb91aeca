import { lstat, readFile, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestFile } from '../model/guest-additions.ts';
import { BpfrigError } from '../util/errors.ts';
import { buildBpfObject, type ObjectTarget } from './bpf-object.ts';
import type { CpioEntry } from './cpio.ts';

/** How much of the host may go into one guest. */
export interface FileBounds {
  readonly entries: number;
  readonly bytes: number;
}

/** More than any guest holds, and less than a host cannot read into its memory. */
export const FILE_BOUNDS: FileBounds = { entries: 20_000, bytes: 1024 ** 3 };

/** Files and folders of the host as entries of an initramfs, modes and links kept. Throws a `scenario` error that names what cannot go into a guest. */
export async function fileEntries(
  files: readonly GuestFile[],
  target: ObjectTarget,
  bounds: FileBounds = FILE_BOUNDS,
): Promise<CpioEntry[]> {
  const left = { ...bounds, bounds };
  const found: CpioEntry[] = [];
  for (const file of files) {
    const { written, from, to, compile } = file;
    try {
      const path =
        compile === undefined ? from : (await buildBpfObject({ path: from, ...compile }, target)).path;
      await collect(path, to, found, left, true);
    } catch (error) {
      if (error instanceof BpfrigError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      const what = code === 'ENOENT' ? 'there is no such file or folder' : message;
      throw trouble(written, `${what} (${from})`);
    }
  }
  return found;
}

async function collect(
  from: string,
  to: string,
  found: CpioEntry[],
  left: { entries: number; bytes: number; readonly bounds: FileBounds },
  named: boolean,
): Promise<void> {
  // What the scenario names may be a link to it; inside a folder a link stays one.
  const stats = await (named ? stat : lstat)(from);
  const mode = stats.mode & 0o7777;
  left.entries -= 1;
  left.bytes -= stats.isFile() ? stats.size : 0;
  if (left.entries < 0) throw trouble(from, `more than ${left.bounds.entries} files and folders`);
  if (left.bytes < 0) throw trouble(from, `more than ${left.bounds.bytes} bytes`);
  if (stats.isFile()) found.push({ path: to, kind: 'file', mode, data: await readFile(from) });
  else if (stats.isSymbolicLink())
    found.push({ path: to, kind: 'link', mode: 0o777, data: Buffer.from(await readlink(from)) });
  else if (stats.isDirectory()) {
    found.push({ path: to, kind: 'dir', mode });
    for (const name of (await readdir(from)).toSorted())
      await collect(join(from, name), `${to}/${name}`, found, left, false);
  } else throw trouble(from, 'neither a file, a folder nor a link');
}

function trouble(path: string, what: string): BpfrigError {
  return new BpfrigError('scenario', `\`guest: { files }\`: ${path}: ${what}`);
}
