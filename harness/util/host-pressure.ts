import { availableParallelism, loadavg } from 'node:os';

/** Limit of the result. Without it, a guest that hangs on an overloaded host would be detected too late. */
const MAX_PRESSURE = 3;

/**
 * Returns the current load of the host divided by its cores, from 1 to 3. Limits on how long a guest may be silent are multiplied
 * by it.
 */
export function hostPressure(load = loadavg()[0] ?? 0, cores = availableParallelism()): number {
  return Math.min(MAX_PRESSURE, Math.max(1, load / cores));
}
