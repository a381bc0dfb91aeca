import { availableParallelism, loadavg } from 'node:os';

/** A host this many times overloaded is given no more patience: a guest that hangs must still be told in time. */
const MOST = 3;

/** How many times over the host's cores are asked for right now, from 1 to 3: what limits on a guest's silence stretch by. */
export function hostPressure(load = loadavg()[0] ?? 0, cores = availableParallelism()): number {
  return Math.min(MOST, Math.max(1, load / cores));
}
