import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Root of the checkout: the folder that holds `bpfrig`, `images/`, `bpf/` and `scenarios/`. */
export const PROJECT_ROOT = join(import.meta.dirname, '..', '..');

/** bpfrig's cache: `$XDG_CACHE_HOME/bpfrig`, by the XDG base directory specification. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['XDG_CACHE_HOME'];
  // The specification says to ignore a relative path.
  return join(base?.startsWith('/') ? base : join(homedir(), '.cache'), 'bpfrig');
}

/** Where runs go, and where `latest` is: `$BPFRIG_RESULTS`, else the checkout's `results/`. Whoever runs bpfrig for a purpose of its own sets it: `latest` is the user's. */
export function resultsRoot(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env['BPFRIG_RESULTS'] ?? join(PROJECT_ROOT, 'results'));
}
