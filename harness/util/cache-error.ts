import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BpfrigError, messageOf } from './errors.ts';
import { launcher } from './launcher.ts';

/** What to do about an error of the file system in the cache, by its code. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: `the disk is full: make room, for example with \`${launcher()} kernels prune\`, or set XDG_CACHE_HOME to a folder on another disk`,
  EDQUOT: 'the quota is used up: make room, or set XDG_CACHE_HOME to a folder on another disk',
  EROFS: 'it is read-only: set XDG_CACHE_HOME to a folder that you can write to',
  // What Node.js makes of EROFS for a path with several new folders.
  ENOENT:
    'it cannot be made, since its disk is read-only or a folder above it is gone: set XDG_CACHE_HOME to a folder that you can write to',
  EACCES: 'it may not be written by this user: set XDG_CACHE_HOME to a folder that you can write to',
  EPERM: 'it may not be written by this user: set XDG_CACHE_HOME to a folder that you can write to',
  ENOTDIR: 'a file is where a folder should be: remove it, or set XDG_CACHE_HOME to another folder',
  EEXIST: 'a file is where a folder should be: remove it, or set XDG_CACHE_HOME to another folder',
  ELOOP: 'a symbolic link is in the way: remove it, or set XDG_CACHE_HOME to another folder',
  ENAMETOOLONG: 'its path is too long: set XDG_CACHE_HOME to a shorter one',
  EMFILE: 'this process has too many open files: raise the limit (ulimit -n)',
  ENFILE: 'this host has too many open files: raise fs.file-max',
};

/** With less than this, whatever failed has most likely failed for lack of room. */
const FULL_BYTES = 1024 * 1024;

/**
 * Returns what to throw for an error that occurred while the entry `path` of the cache was being made: an `infra` error with a remedy
 * if the disk, or the permission to write to it, was the reason; otherwise the error itself.
 */
export async function cacheError(path: string, error: unknown): Promise<unknown> {
  const code = (await isDiskFull(path, error)) ? 'ENOSPC' : codeOf(error, path);
  const remedy = code === null ? undefined : REMEDIES[code];
  if (code === null || remedy === undefined) return error;
  const detail = messageOf(error);
  return new BpfrigError('infra', `cannot write ${path} in the cache (${code}): ${remedy}`, {
    detail,
    cause: error,
  });
}

/** The code of an error that Node.js raised for a system call near `path`, or for one that names no path; null for any other error. */
function codeOf(error: unknown, path: string): string | null {
  if (!(error instanceof Error)) return null;
  const { code, syscall, path: where } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined || syscall.startsWith('spawn')) return null;
  return where === undefined || where.startsWith(dirname(path)) || path.startsWith(where) ? code : null;
}

/** A tool (clang, QEMU) that finds no room fails in its own words, or is killed by SIGBUS. */
async function isDiskFull(path: string, error: unknown): Promise<boolean> {
  const detail = error instanceof BpfrigError ? (error.detail ?? '') : '';
  if (/ENOSPC|No space left on device/.test(`${messageOf(error)}\n${detail}`)) return true;
  const free = await statfs(dirname(path)).catch(() => null);
  return free !== null && free.bavail * free.bsize < FULL_BYTES;
}
