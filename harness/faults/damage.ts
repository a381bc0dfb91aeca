import {
  closeSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

/** What happens to a file. */
export type Damage = 'truncated' | 'flipped' | 'gone' | 'emptied';

/** Every kind of damage. */
export const DAMAGES: readonly Damage[] = ['truncated', 'flipped', 'gone', 'emptied'];

/** Damages one file. It gets an inode of its own first, since the files of a fault's cache are links to the common one. */
export async function damage(path: string, how: Damage): Promise<void> {
  const { size, mode } = statSync(path);
  await execa('cp', ['-a', '--sparse=always', path, `${path}.own`]);
  await execa('mv', ['-f', `${path}.own`, path]);
  if (how === 'gone') return rmSync(path);
  // A file that is kept read-only can still be spoilt by a disk.
  await execa('chmod', ['u+w', path]);
  const fd = openSync(path, 'r+');
  try {
    if (how === 'truncated') ftruncateSync(fd, Math.floor(size / 2));
    else if (how === 'emptied') ftruncateSync(fd, 0);
    else flip(fd, size);
  } finally {
    closeSync(fd);
  }
  await execa('chmod', [(mode & 0o7777).toString(8), path]);
}

/** Turns over the bits of 64 bytes at eight places, the middle among them. */
function flip(fd: number, size: number): void {
  for (let part = 1; part <= 8; part += 1) {
    const at = Math.floor((size * part) / 9);
    const bytes = Buffer.alloc(Math.min(64, size - at));
    readSync(fd, bytes, 0, bytes.length, at);
    writeSync(
      fd,
      bytes.map(byte => byte ^ 0xff),
      0,
      bytes.length,
      at,
    );
  }
}

/** The only folder of one kind in a fault's cache whose name begins so. Throws when there is none. */
export function cacheEntry(cache: string, kind: string, prefix = ''): string {
  const name = readdirSync(join(cache, kind)).find(
    found => found.startsWith(prefix) && !found.startsWith('.'),
  );
  if (name === undefined) throw new Error(`the cache has no ${kind}/${prefix}*`);
  return join(cache, kind, name);
}
