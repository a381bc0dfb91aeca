import type { RunEvent } from '../model/events.ts';
import type { VerdictCounts } from '../model/verdict.ts';
import { countVerdicts, foldRun } from './fold.ts';

type RunStart = Extract<RunEvent, { type: 'run-start' }>;
type RunEnd = Extract<RunEvent, { type: 'run-end' }>;

/** The rule of exit codes, which belongs to run/: cli/ hands it over. */
export type ExitCodeRule = (counts: VerdictCounts, unfinished: number) => number;

/**
 * The events of several runs (shards, or a run and its repetition) as those of one. A cell that ended in several runs
 * has the verdict of the last one given. A kernel is failed only where no run had it. One run comes back unchanged.
 */
export function mergeRuns(
  runs: readonly (readonly RunEvent[])[],
  exitCode: ExitCodeRule,
): readonly RunEvent[] {
  const [only, ...others] = runs;
  if (only === undefined || others.length === 0) return only ?? [];
  const events = runs.flat();
  const starts = events.filter(event => event.type === 'run-start');
  const [first] = starts;
  if (first === undefined) return events;
  const middle = mergeMiddle(events);
  const merged = [mergeStarts(first, starts), ...middle];
  const ends = events.filter(event => event.type === 'run-end');
  // A run that was cut off has no end, and then the whole has none: its cells must show as not finished.
  return ends.length < runs.length
    ? merged
    : [...merged, mergeEnds(merged, ends, events.at(-1)?.at ?? first.at, exitCode)];
}

function mergeStarts(first: RunStart, starts: readonly RunStart[]): RunStart {
  const cells = new Map(starts.flatMap(start => start.cells.map(cell => [cell.id, cell])));
  return {
    ...first,
    at: starts.map(start => start.at).toSorted()[0] ?? first.at,
    runId: [...new Set(starts.map(start => start.runId))].join('+'),
    kernels: [...new Set(starts.flatMap(start => start.kernels))],
    cells: [...cells.values()],
    jobs: starts.reduce((sum, start) => sum + start.jobs, 0),
  };
}

function mergeMiddle(events: readonly RunEvent[]): RunEvent[] {
  const ready = new Set(events.flatMap(e => (e.type === 'kernel-ready' ? e.kernel.id : [])));
  const lastEnd = new Map(
    events.flatMap(e => (e.type === 'cell-end' ? [[e.result.cell.id, e] as const] : [])),
  );
  const seen = new Set<string>();
  const isFirst = (key: string): boolean => !seen.has(key) && seen.add(key).has(key);
  return events.filter(event => {
    switch (event.type) {
      case 'run-start':
      case 'run-end':
        return false;
      case 'kernel-ready':
        return isFirst(`ready ${event.kernel.id}`);
      case 'kernel-failed':
        return !ready.has(event.kernel) && isFirst(`failed ${event.kernel}`);
      case 'cell-start':
        return isFirst(`start ${event.cell}`);
      case 'cell-end':
        return lastEnd.get(event.result.cell.id) === event;
      case 'note':
        return isFirst(`note ${event.text}`);
    }
  });
}

function mergeEnds(
  merged: readonly RunEvent[],
  ends: readonly RunEnd[],
  at: string,
  exitCode: ExitCodeRule,
): RunEnd {
  const { results, unfinished } = foldRun(merged);
  const counts = countVerdicts(results.values());
  return {
    at,
    type: 'run-end',
    counts,
    unfinished: unfinished.map(u => u.cell.id),
    interrupted: ends.some(end => end.interrupted),
    // Shards run side by side: the longest one is what a person waited for.
    durationMs: Math.max(...ends.map(end => end.durationMs)),
    exitCode: exitCode(counts, unfinished.length),
  };
}
