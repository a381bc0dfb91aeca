import type { Cell } from '../../model/cell.ts';

/**
 * Returns the anchor of each cell's view, by the cell's id: `cpumap/redirect/one-cpu/nic=veth,mode=native@6.12`. It comes from the id alone,
 * so that a link shows the same cell of a later run's page. It has only characters that stand in an address as they are, and neither `:`
 * nor `?`, which separate the line of a log and the filters from it.
 */
export function cellAnchors(cells: readonly Pick<Cell, 'id'>[]): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  return new Map(
    cells.map(({ id }) => {
      const plain = anchorOf(id);
      let anchor = plain;
      for (let n = 2; taken.has(anchor); n++) anchor = `${plain}~${n}`;
      taken.add(anchor);
      return [id, anchor];
    }),
  );
}

/** Returns the anchor of a cell whose id no other cell of the page resembles. */
export function anchorOf(id: string): string {
  return id.replace(/\[([^[\]]*)\](?=@[^[\]]*$)/, '/$1').replace(/[^\w./=,@+-]/gu, '_');
}
