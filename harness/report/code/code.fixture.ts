import type { CodeCoverage, LineCoverage, SourceCoverage } from '../../model/code-coverage.ts';
import type { RunEvent } from '../../model/events.ts';
import { goldenEvents } from '../golden.ts';

function line(
  name: string,
  at: number,
  text: string,
  count: number,
  branches: readonly number[] = [],
): LineCoverage {
  return { line: at, function: name, text, count, branches };
}

/** A source with two functions, of which one was never entered. */
export const TEA: SourceCoverage = {
  source: 'kernel/tea.c',
  path: '/linux/kernel/tea.c',
  functions: [
    { name: 'boil', line: 4, count: 3 },
    { name: 'pour', line: 13, count: 0 },
  ],
  lines: [
    line('boil', 4, 'static int boil(int degrees)', 3),
    line('boil', 6, '\tif (degrees < 100)', 3, [1, 2]),
    line('boil', 7, '\t\treturn -1;', 1),
    line('boil', 8, '\tif (degrees > 200)', 2, [0, 2]),
    line('boil', 9, '\t\treturn -1;', 0),
    line('boil', 10, '\treturn 0;', 2),
    line('pour', 13, 'static void pour(void)', 0),
    line('pour', 15, '\tif (cups && <hot>)', 0, [0, 0]),
  ],
  reasons: [],
};

/** What five cells executed of it, and two did not report. */
export const COVERAGE: CodeCoverage = {
  cells: 5,
  missing: [{ why: 'panic', cells: 2 }],
  sources: [TEA],
};

/** The golden run of one cell, which measured this. */
export function runWith(coverage: CodeCoverage, kernel = '6.12'): RunEvent[] {
  return goldenEvents('one').flatMap((event): RunEvent[] =>
    event.type === 'run-end' ? [{ at: event.at, type: 'code-coverage', kernel, coverage }, event] : [event],
  );
}
