import { EXIT } from './exit-code.ts';
import type { LoadCell, LoadedObject, LoadState } from './load-report.ts';

/** States of a program that a kernel does not take. */
const REFUSALS: readonly LoadState[] = ['refused', 'unloadable', 'crashed'];

/** Whether the kernel is why a program is not there. */
export function isRefusal(state: LoadState): boolean {
  return REFUSALS.includes(state);
}

/**
 * The exit code of `bpfrig load`: 1 where a kernel does not take a program, 2 where an object cannot be read, 3 where the host kept a program
 * from an answer, 4 where nothing was loaded, else 0.
 */
export function loadExitCode(
  cells: readonly Pick<LoadCell, 'state'>[],
  objects: readonly Pick<LoadedObject, 'problem'>[],
): number {
  const states = new Set(cells.map(({ state }) => state));
  if (REFUSALS.some(state => states.has(state))) return EXIT.red;
  if (objects.some(({ problem }) => problem !== null)) return EXIT.usage;
  if (states.has('lost')) return EXIT.infra;
  return states.has('loaded') ? EXIT.ok : EXIT.nothing;
}
