import { userInfo } from 'node:os';
import { join } from 'node:path';
import { BpfrigError } from './errors.ts';

/** Root of bpfrig itself, a checkout or an npm package: the folder that holds `bpfrig`, `images/`, `bpf/` and `scenarios/`. */
export const PACKAGE_ROOT = join(import.meta.dirname, '..', '..');

/**
 * bpfrig's cache: `$XDG_CACHE_HOME/bpfrig`, by the XDG base directory specification. Throws `infra` for a user without either that variable
 * or a home.
 */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['XDG_CACHE_HOME'];
  // The specification says to ignore a relative path.
  return join(base?.startsWith('/') ? base : join(home(env), '.cache'), 'bpfrig');
}

function home(env: NodeJS.ProcessEnv): string {
  const named = env['HOME'];
  if (named?.startsWith('/')) return named;
  try {
    return userInfo().homedir;
  } catch (cause) {
    // A user id without an entry in /etc/passwd, as in many containers.
    throw new BpfrigError('infra', 'this user has no home for the cache: set HOME or XDG_CACHE_HOME', {
      cause,
    });
  }
}
