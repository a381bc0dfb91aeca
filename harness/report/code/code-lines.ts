import type { CodeCoverage, SourceCoverage } from '../../model/code-coverage.ts';
import type { RunSummary } from '../fold.ts';
import type { Paint } from '../paint.ts';
import { count, oneLine } from '../text.ts';
import { sharesOf, shareText, unreachedOf } from './unreached.ts';

/** Returns what was reached of the kernels' own code: a line per source and kernel, and below it reasons that are stale and cells that did not count. */
export function codeLines({ code, kernels }: RunSummary, paint: Paint): string[] {
  return kernels.flatMap(({ id }) => {
    const coverage = code.get(id);
    if (coverage === undefined) return [];
    const lines = coverage.sources.flatMap(source => sourceLines(id, source, paint));
    const missing = missingText(coverage);
    return missing === '' ? lines : [...lines, paint('yellow', `  ${missing}`)];
  });
}

function sourceLines(kernel: string, source: SourceCoverage, paint: Paint): string[] {
  const { lines, branches } = sharesOf(source.lines);
  const { open, stale } = unreachedOf(source);
  const shares = `lines ${shareText(lines)}, branches ${shareText(branches)}`;
  const without = open.length === 0 ? '' : `; ${withoutReason(open.length)}`;
  return [
    `${oneLine(source.source)} on ${oneLine(kernel)}: ${shares}${without}`,
    ...stale.map(text => paint('yellow', `  stale reason: ${oneLine(text)}`)),
  ];
}

/** `12 lines not reached and without a reason`. */
export function withoutReason(lines: number): string {
  return `${count(lines, 'line')} not reached and without a reason`;
}

/** `3 of 67 cells have no counters (panic 2, hang 1)`; '' where all have. */
export function missingText({ cells, missing }: CodeCoverage): string {
  const without = missing.reduce((sum, one) => sum + one.cells, 0);
  if (without === 0) return '';
  const why = missing.map(one => `${oneLine(one.why)} ${one.cells}`).join(', ');
  return `${without} of ${count(cells + without, 'cell')} ${without === 1 ? 'has' : 'have'} no counters (${why})`;
}
