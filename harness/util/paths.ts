import { homedir } from 'node:os';
import { join } from 'node:path';

/** Root of the checkout: the folder that holds `bpfrig`, `images/`, `bpf/` and `scenarios/`. */
export const PROJECT_ROOT = join(import.meta.dirname, '..', '..');

/** bpfrig's cache: `$XDG_CACHE_HOME/bpfrig`, by the XDG base directory specification. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['XDG_CACHE_HOME'];
  // The specification says to ignore a relative path.
  return join(base?.startsWith('/') ? base : join(homedir(), '.cache'), 'bpfrig');
}
