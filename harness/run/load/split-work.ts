import type { LoadWork } from './verify-kernel.ts';

/** Cuts work into at most `parts` pieces with about as many programs each, in order. Without programs there is no piece. */
export function splitWork(work: readonly LoadWork[], parts: number): LoadWork[][] {
  const all = work.flatMap(({ object, programs }) => programs.map(program => ({ object, program })));
  const size = Math.max(1, Math.ceil(all.length / Math.max(1, parts)));
  const pieces: LoadWork[][] = [];
  for (let from = 0; from < all.length; from += size) {
    const piece = new Map<LoadWork['object'], LoadWork['programs'][number][]>();
    for (const { object, program } of all.slice(from, from + size))
      piece.set(object, [...(piece.get(object) ?? []), program]);
    pieces.push([...piece].map(([object, programs]) => ({ object, programs })));
  }
  return pieces;
}
