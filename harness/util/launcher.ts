import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { PACKAGE_ROOT } from './paths.ts';

/**
 * How bpfrig is called from a folder, as a word of a POSIX shell: `./bpfrig` or a path to it in a checkout, `npx bpfrig` where npm has
 * installed it for the folder, `bpfrig` where npm has installed it for everybody.
 */
export function launcher(from: string = process.cwd(), root: string = PACKAGE_ROOT): string {
  if (root.split(sep).includes('node_modules')) return isInstalledFor(from, root) ? 'npx bpfrig' : 'bpfrig';
  const path = join(root, 'bpfrig');
  const way = relative(from, path);
  // Nobody reads a path that climbs far.
  if (way.startsWith(join('..', '..', '..'))) return quote(path);
  return quote(way.includes(sep) ? way : `./${way}`);
}

/** Quotes a word for a POSIX shell where it needs that. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Whether npx finds this package: it looks into `node_modules` of the folder, and of those above it. */
function isInstalledFor(folder: string, root: string): boolean {
  const own = join(folder, 'node_modules', 'bpfrig');
  if (existsSync(own)) return realpathSync(own) === realpathSync(root);
  const parent = dirname(folder);
  return parent !== folder && isInstalledFor(parent, root);
}
