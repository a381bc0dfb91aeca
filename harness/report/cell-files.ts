import type { CellResult } from '../model/cell.ts';

/** Files of every cell's folder; see results/README.md. */
const KEPT = ['console.log', 'result.json', 'counters.json', 'ledger.json', 'observations.json'];

/** Returns the files in a cell's folder, each with its address relative to the run's folder; none for a cell without a folder. */
export function cellFiles({
  dir,
  artifacts = [],
}: Pick<CellResult, 'dir' | 'artifacts'>): { readonly name: string; readonly address: string }[] {
  if (dir === '') return [];
  const folder = dir.split('/').map(encodeURIComponent).join('/');
  return [...KEPT, ...artifacts].map(name => ({ name, address: `${folder}/${encodeURIComponent(name)}` }));
}
