import { findLeaks, summariseLeaks } from '../guest/leaks.ts';
import type { Testbed } from '../guest/testbed.ts';
import type { CellArtifacts } from './artifacts.ts';

/** Memory of a cell's kernels that nothing points to any more. */
export interface Leaks {
  /** A line for each kernel, as of a splat. */
  readonly splats: readonly string[];
  /** A line for each kernel whose detector switched itself off, so that it was not searched. */
  readonly off: readonly string[];
  /** For people: the first objects, and where the whole report is. */
  readonly detail: readonly string[];
}

/** The guests of a cell as far as leaks go. */
interface Searched {
  readonly guests: readonly Pick<Testbed['dut'], 'ready' | 'name' | 'call'>[];
}

/**
 * Searches the guests of a cell for leaks, where the kernel has a detector: seconds. The others, which have none, are asked nothing. A whole
 * report is an artifact of the cell. Rejects as requests do.
 */
export async function leaksOf(
  { guests }: Searched,
  artifacts: CellArtifacts,
  ageMs?: number,
): Promise<Leaks> {
  const searched = guests.filter(({ ready }) => ready.probes['kmemleak'] === 'available');
  const found = await Promise.all(
    searched.map(async guest => {
      const report = await findLeaks(guest, ageMs);
      if (report === null) {
        const off = 'kmemleak switched itself off: leaks were not searched for';
        return { splats: [], off: [guest.name === null ? off : `${guest.name}: ${off}`], detail: [] };
      }
      const summary = summariseLeaks(report);
      if (summary === null) return { splats: [], off: [], detail: [] };
      const file = guest.name === null ? 'kmemleak.txt' : 'kmemleak-generator.txt';
      artifacts.write(file, Buffer.from(report));
      const line = guest.name === null ? summary.line : `${guest.name}: ${summary.line}`;
      return { splats: [line], off: [], detail: [`${line} (all of them: ${file})`, ...summary.head] };
    }),
  );
  return {
    splats: found.flatMap(({ splats }) => splats),
    off: found.flatMap(({ off }) => off),
    detail: found.flatMap(({ detail }) => detail),
  };
}
