import { addMissing, addSources, type CodeCoverage, type SourceCoverage } from '../../model/code-coverage.ts';
import type { RunEvent } from '../../model/events.ts';
import { groupBy } from '../../util/group-by.ts';

type CoverageEvent = Extract<RunEvent, { type: 'code-coverage' }>;

/**
 * Sums what several runs executed of the code of the same kernels: one event per kernel. Runs whose source or build differs cannot be summed:
 * those of the first one count, and a warning says so.
 */
export function mergeCoverages(events: readonly CoverageEvent[]): RunEvent[] {
  return [...groupBy(events, ({ kernel }) => kernel)].flatMap(([kernel, own]): RunEvent[] => {
    const last = own.at(-1);
    if (last === undefined) return [];
    const { coverage, differing } = sumOf(own.map(event => event.coverage));
    const warnings = differing.map((source): RunEvent => {
      const text = `${source} of kernel ${kernel} is not the same code in all of these runs: only the first of them counts for its coverage`;
      return { at: last.at, type: 'note', level: 'warning', text };
    });
    return [...warnings, { ...last, coverage }];
  });
}

function sumOf(all: readonly CodeCoverage[]): { coverage: CodeCoverage; differing: string[] } {
  const sources = new Map<string, SourceCoverage>();
  const differing = new Set<string>();
  for (const one of all.flatMap(coverage => coverage.sources)) {
    const before = sources.get(one.source);
    const sum = before === undefined ? one : addSources(before, one);
    if (sum === null) differing.add(one.source);
    else sources.set(one.source, sum);
  }
  const coverage = {
    cells: all.reduce((sum, { cells }) => sum + cells, 0),
    missing: addMissing(all.flatMap(({ missing }) => missing)),
    sources: [...sources.values()],
  };
  return { coverage, differing: [...differing] };
}
