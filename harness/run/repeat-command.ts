import type { Cell } from '../model/cell.ts';

/** The command that repeats one cell alone, with these words at its end. */
export function repeatCommand(cell: Cell, kernelSpec: string, extra: readonly string[]): string {
  const variant = Object.entries(cell.variant).flatMap(([axis, value]) => ['--variant', `${axis}=${value}`]);
  return ['./bpfrig', 'run', cell.file, '--kernel', kernelSpec, ...variant, ...extra].map(quote).join(' ');
}

/** Quotes a word for a POSIX shell where it needs that. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
