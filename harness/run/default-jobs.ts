import { availableParallelism } from 'node:os';

/**
 * How many cells run at once without `--jobs`: one per core, and one more for every eight cores or part of them. A cell waits for a seventh of
 * its time, for timers of its guest and for answers, so that with one per core the cores are idle for that long.
 */
export function defaultJobs(cores: number = availableParallelism()): number {
  return cores + Math.ceil(cores / 8);
}
