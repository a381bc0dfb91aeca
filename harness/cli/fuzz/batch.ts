import fc from 'fast-check';
import { FUZZ_TARGETS, type FuzzTargetName } from './targets.ts';

/** The inputs of one batch: the same for the same seed, so that an input is found again by its number. */
export function batchOf(name: FuzzTargetName, seed: number, batch: number, size: number): Buffer[] {
  return fc.sample(FUZZ_TARGETS[name].inputs, { seed: seed + batch, numRuns: size });
}
