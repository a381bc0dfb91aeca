import type { RunEvent } from '../model/events.ts';
import type { VerdictCounts } from '../model/verdict.ts';
import { countVerdicts } from '../model/verdict.ts';
import { foldRun } from './fold.ts';
import { count } from './text.ts';

type RunStart = Extract<RunEvent, { type: 'run-start' }>;
type RunEnd = Extract<RunEvent, { type: 'run-end' }>;

/** The rule for exit codes. It belongs to run/; cli/ passes it as a parameter. */
export type ExitCodeRule = (counts: VerdictCounts, unfinished: number) => number;

/**
 * Merges the events of several runs (shards, or a run and its repetition) into those of one run. If a cell ended in several runs,
 * the verdict of the last run in the list is used. A kernel counts as failed only if no run had it. The plan of a sharded run is
 * complete even if shards are missing, so that their cells are reported as unfinished. A single run that is not a shard is returned
 * unchanged.
 */
export function mergeRuns(
  runs: readonly (readonly RunEvent[])[],
  exitCode: ExitCodeRule,
): readonly RunEvent[] {
  const events = runs.flat();
  const starts = events.filter(event => event.type === 'run-start');
  const [first] = starts;
  const alone = runs.length === 1 && first?.shard === undefined;
  if (first === undefined || alone) return runs.length === 1 ? (runs[0] ?? []) : events;
  const start = mergeStarts(first, starts);
  const merged = [start, ...missingShards(start, starts), ...mergeMiddle(events)];
  const ends = events.filter(event => event.type === 'run-end');
  // If a run was cut off and has no end, the merged run has no end, so that its cells are reported as unfinished.
  return ends.length < runs.length
    ? merged
    : [...merged, mergeEnds(merged, ends, events.at(-1)?.at ?? first.at, exitCode)];
}

function mergeStarts({ shard: _shard, ...first }: RunStart, starts: readonly RunStart[]): RunStart {
  const planned = starts.flatMap(start => [...(start.shard?.plan ?? []), ...start.cells]);
  const cells = [...new Map(planned.map(cell => [cell.id, cell])).values()];
  return {
    ...first,
    at: starts.map(start => start.at).toSorted()[0] ?? first.at,
    runId: [...new Set(starts.map(start => start.runId))].join('+'),
    argv: withoutShard(first.argv),
    kernels: [...new Set([...starts.flatMap(start => start.kernels), ...cells.map(cell => cell.kernel)])],
    cells,
    jobs: starts.reduce((sum, start) => sum + start.jobs, 0),
  };
}

function withoutShard(argv: readonly string[]): string[] {
  return argv.filter((word, i) => !/^--shard(=|$)/.test(word) && argv[i - 1] !== '--shard');
}

/** Returns a warning if shards are missing, or if all shards are present but some cells are in none of them. */
function missingShards(whole: RunStart, starts: readonly RunStart[]): RunEvent[] {
  const shards = starts.flatMap(start => start.shard ?? []);
  const total = shards[0]?.count ?? 0;
  const present = new Set(shards.map(shard => shard.index));
  const absent = Array.from({ length: total }, (_, i) => i + 1).filter(index => !present.has(index));
  const taken = new Set(starts.flatMap(start => start.cells.map(cell => cell.id)));
  const left = whole.cells.filter(cell => !taken.has(cell.id)).length;
  const warn = (text: string): RunEvent => ({ at: whole.at, type: 'note', level: 'warning', text });
  if (shards.some(shard => shard.count !== total))
    return [warn('these shards are of different divisions of a run (i/N with different N)')];
  if (absent.length > 0) {
    const names = absent.map(index => `${index}/${total}`).join(', ');
    return [
      warn(`shard ${names} is missing: ${left} of ${whole.cells.length} cells were not run by any shard`),
    ];
  }
  return left === 0
    ? []
    : [
        warn(
          `all shards are present, but ${count(left, 'cell')} ${left === 1 ? 'is' : 'are'} in none of them: the shards were divided by different durations`,
        ),
      ];
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
      case 'template-ready':
        return true;
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
    // Shards run in parallel, so the time of the whole is that of the longest.
    durationMs: Math.max(...ends.map(end => end.durationMs)),
    exitCode: exitCode(counts, unfinished.length),
  };
}
