import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BpfrigError } from '../../util/errors.ts';
import { PACKAGE_FORMATS, type PackageFormat } from './member.ts';

/** What the text behind `deb:` or `rpm:` names. */
export interface FoundFiles {
  /** Absolute paths, in order. */
  readonly files: readonly string[];
  /** `one`: all files are one kernel. `several`: a folder or a pattern, whose files are sorted into kernels. */
  readonly kernels: 'one' | 'several';
}

/**
 * Finds the files that a spec of packages names. `places` are absolute: a file, several, a folder, or a pattern with `*`, `?` and `[…]`. Throws a `usage` error for a place
 * where there is nothing, and for a folder or a pattern among several places, which are one kernel.
 */
export function findPackageFiles(text: string, format: PackageFormat, places: readonly string[]): FoundFiles {
  const [first = ''] = places;
  const several = places.find(place => isFolder(place) || isPattern(place));
  if (several === undefined) {
    const missing = places.find(place => !existsSync(place));
    if (missing !== undefined)
      throw new BpfrigError('usage', `kernel ${text}: no such file or folder: ${missing}`);
    return { files: [...new Set(places)], kernels: 'one' };
  }
  if (places.length > 1)
    throw new BpfrigError(
      'usage',
      `kernel ${text}: ${several} is ${isFolder(several) ? 'a folder' : 'a pattern'}, and files joined by commas are one kernel: name its files, or repeat --kernel`,
    );
  const suffix = `.${format}`;
  if (!isFolder(first)) {
    const files = matching(first).filter(file => !isFolder(file));
    if (files.length > 0) return { files, kernels: 'several' };
    throw new BpfrigError('usage', `kernel ${text}: no file matches ${first}`);
  }
  const names = readdirSync(first).toSorted();
  const files = names.filter(name => name.endsWith(suffix)).map(name => join(first, name));
  if (files.length > 0) return { files, kernels: 'several' };
  const other = PACKAGE_FORMATS.find(name => names.some(one => one.endsWith(`.${name}`)));
  const hint = other === undefined ? '' : `; it has files *.${other}: name it ${other}:${first}`;
  throw new BpfrigError('usage', `kernel ${text}: ${first} has no file *${suffix}${hint}`);
}

/** Whether a place is a pattern. A file with such a name is that file. */
function isPattern(place: string): boolean {
  return /[*?[]/.test(place) && !existsSync(place);
}

function isFolder(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** What matches a pattern, sorted. As in a shell, no sign stands for `/`, and none for a `.` in front. */
function matching(pattern: string): string[] {
  const [, ...parts] = pattern.split('/');
  return parts.reduce<string[]>(
    (folders, part) => {
      if (!/[*?[]/.test(part)) return folders.map(folder => join(folder, part)).filter(existsSync);
      const fits = patternOf(part);
      return folders.filter(isFolder).flatMap(folder =>
        readdirSync(folder)
          .filter(name => fits.test(name) && name.startsWith('.') === part.startsWith('.'))
          .toSorted()
          .map(name => join(folder, name)),
      );
    },
    ['/'],
  );
}

function patternOf(part: string): RegExp {
  const text = part.replace(
    /\[([!^]?)([^\]]+)\]|[*?]|[\\^$+.()|{}[\]]/g,
    (sign, not?: string, set?: string) => {
      if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\[\]^]/g, String.raw`\$&`)}]`;
      return sign === '*' ? '.*' : sign === '?' ? '.' : `\\${sign}`;
    },
  );
  try {
    return new RegExp(`^${text}$`, 's');
  } catch {
    // A range that is none, such as [z-a], matches nothing.
    return /(?!)/;
  }
}
