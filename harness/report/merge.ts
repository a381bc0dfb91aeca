import type { RunEvent } from '../model/events.ts';
import { EXIT, worseCode } from '../model/exit-code.ts';
import { mergeCoverages } from './code/merge-coverages.ts';
import { foldRun } from './fold.ts';
import { STATUSES } from './status.ts';
import { count } from './text.ts';

type RunStart = Extract<RunEvent, { type: 'run-start' }>;
type RunEnd = Extract<RunEvent, { type: 'run-end' }>;

/**
 * Merges the events of several runs (shards, or a run and its repetition) into those of one run. If a cell ended in several runs,
 * the verdict of the last run in the list is used, but the worst one if the runs are shards; a warning names the cells whose verdicts
 * differ. What was executed of a kernel's own code is summed. A kernel counts as failed only if no run had it. The plan of a sharded run is complete even if shards are missing, so that
 * their cells are reported as unfinished. The exit code is computed from the cells of the whole. An exit code that a run states makes
 * it worse only if the run's own cells do not explain it. A single run that is not a shard is returned unchanged.
 */
export function mergeRuns(runs: readonly (readonly RunEvent[])[]): readonly RunEvent[] {
  const events = runs.flat();
  const starts = events.filter(event => event.type === 'run-start');
  const [first] = starts;
  const alone = runs.length === 1 && first?.shard === undefined;
  if (first === undefined || alone) return runs.length === 1 ? (runs[0] ?? []) : events;
  const start = mergeStarts(first, starts);
  const chosen = chooseEnds(events, first.shard !== undefined);
  const merged = [
    start,
    ...missingShards(start, starts),
    ...differing(chosen, start.at),
    ...mergeMiddle(events, new Set([...chosen.values()].map(({ end }) => end))),
    ...mergeCoverages(events.filter(event => event.type === 'code-coverage')),
  ];
  const ends = events.filter(event => event.type === 'run-end');
  // If a run was cut off and has no end, the merged run has no end, so that its cells are reported as unfinished.
  return ends.length < runs.length
    ? merged
    : [...merged, mergeEnds(merged, ends, events.at(-1)?.at ?? first.at, unexplained(runs))];
}

type CellEnd = Extract<RunEvent, { type: 'cell-end' }>;

/** The end of a cell that counts, and all that the cell has. */
interface ChosenEnd {
  readonly end: CellEnd;
  readonly all: readonly CellEnd[];
}

function chooseEnds(events: readonly RunEvent[], worst: boolean): Map<string, ChosenEnd> {
  const ends = events.filter(event => event.type === 'cell-end');
  const rank = ({ result }: CellEnd): number => STATUSES.indexOf(result.verdict);
  const chosen = new Map<string, ChosenEnd>();
  for (const end of ends) {
    const { id } = end.result.cell;
    const before = chosen.get(id);
    const keep = worst && before !== undefined && rank(before.end) < rank(end);
    chosen.set(id, { end: keep ? before.end : end, all: [...(before?.all ?? []), end] });
  }
  return chosen;
}

/** How many cells with differing verdicts a warning names. */
const NAMED = 5;

function differing(chosen: ReadonlyMap<string, ChosenEnd>, at: string): RunEvent[] {
  const texts = [...chosen].flatMap(([id, { end, all }]) => {
    const verdicts = all.map(({ result }) => result.verdict);
    const differ = new Set(verdicts).size > 1;
    return differ ? [`${id} is ${verdicts.join(', then ')}, and counts as ${end.result.verdict}`] : [];
  });
  if (texts.length === 0) return [];
  const more = texts.length > NAMED ? `; and ${texts.length - NAMED} more` : '';
  const text = `verdicts of these runs differ: ${texts.slice(0, NAMED).join('; ')}${more}`;
  return [{ at, type: 'note', level: 'warning', text }];
}

/** The worst exit code that a run states although its own cells do not give it: a signal, or a report that could not be kept. */
function unexplained(runs: readonly (readonly RunEvent[])[]): number {
  return runs.reduce((worst: number, events) => {
    const stated = foldRun(events).exitCode;
    const own = foldRun(
      events.map(event => (event.type === 'run-end' ? { ...event, exitCode: EXIT.ok } : event)),
    ).exitCode;
    return stated === own ? worst : worseCode(worst, stated);
  }, EXIT.ok);
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

function mergeMiddle(events: readonly RunEvent[], cellEnds: ReadonlySet<RunEvent>): RunEvent[] {
  const ready = new Set(events.flatMap(e => (e.type === 'kernel-ready' ? e.kernel.id : [])));
  const seen = new Set<string>();
  const isFirst = (key: string): boolean => !seen.has(key) && seen.add(key).has(key);
  return events.filter(event => {
    switch (event.type) {
      case 'run-start':
      case 'run-end':
      case 'code-coverage':
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
        return cellEnds.has(event);
      case 'note':
        return isFirst(`note ${event.text}`);
    }
  });
}

function mergeEnds(
  merged: readonly RunEvent[],
  ends: readonly RunEnd[],
  at: string,
  atLeast: number,
): RunEnd {
  const end: RunEnd = {
    at,
    type: 'run-end',
    counts: foldRun(merged).counts,
    unfinished: foldRun(merged).unfinished.map(u => u.cell.id),
    interrupted: ends.some(one => one.interrupted),
    // Shards run in parallel, so the time of the whole is that of the longest.
    durationMs: Math.max(...ends.map(one => one.durationMs)),
    exitCode: atLeast,
  };
  return { ...end, exitCode: foldRun([...merged, end]).exitCode };
}
