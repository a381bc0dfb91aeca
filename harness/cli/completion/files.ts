import { readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Candidate } from './candidate.ts';

/** Returns the folders, and the files whose name fits, that begin with what was typed. A folder ends with `/`. `~/` is the user's home. */
export function fileCandidates(current: string, fits: (name: string) => boolean): Candidate[] {
  const slash = current.lastIndexOf('/') + 1;
  const [folder, begun] = [current.slice(0, slash), current.slice(slash)];
  const place = folder.startsWith('~/') ? join(homedir(), folder.slice(2)) : folder || '.';
  return entriesOf(place).flatMap(name => {
    if (!name.startsWith(begun) || (name.startsWith('.') && !begun.startsWith('.'))) return [];
    const isFolder = statSync(join(place, name), { throwIfNoEntry: false })?.isDirectory() === true;
    if (!isFolder && !fits(name)) return [];
    return [{ value: `${folder}${name}${isFolder ? '/' : ''}`, about: '' }];
  });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted((a, b) => a.localeCompare(b, 'en'));
  } catch {
    // Not there, or not for this user to read: nothing to offer.
    return [];
  }
}
