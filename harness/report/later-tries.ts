import type { CellResult } from '../model/cell.ts';
import { isSpoiled } from '../model/verdict.ts';
import type { RunSummary } from './fold.ts';
import { oneLine } from './text.ts';

/** Returns the results that a cell did not get in its first try, because the host spoiled that, in the order in which cells ended. */
export function laterTries(summary: Pick<RunSummary, 'results'>): CellResult[] {
  return [...summary.results.values()].filter(r => r.earlierTries.length > 0 && !isSpoiled(r.verdict));
}

/** Returns `1 cell needed a second try`; '' where none did. */
export function laterTriesText(summary: Pick<RunSummary, 'results'>): string {
  const n = laterTries(summary).length;
  return n === 0 ? '' : `${n} ${n === 1 ? 'cell' : 'cells'} needed a second try`;
}

/** Returns what spoiled the tries before, as one line: `try 2, after infra: QEMU was killed`; '' for a cell with one try. */
export function triesText({ earlierTries }: CellResult): string {
  if (earlierTries.length === 0) return '';
  const before = earlierTries.map(({ verdict, reason }) => `${verdict}: ${oneLine(reason)}`);
  return `try ${earlierTries.length + 1}, after ${before.join('; ')}`;
}
