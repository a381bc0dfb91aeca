import t from 'tap';
import type { RunEvent } from '../model/events.ts';
import { foldRun } from './fold.ts';
import { goldenEvents } from './golden.ts';
import { toRunDocument } from './json.ts';
import { mergeRuns } from './merge.ts';

// Shard i of n as a separate run.
function shard(i: number, n: number): RunEvent[] {
  const all = goldenEvents('full');
  const start = all.find(event => event.type === 'run-start');
  const mine = new Set(start?.cells.filter((_, at) => at % n === i).map(cell => cell.id));
  return all.flatMap((event): RunEvent[] => {
    if (event.type === 'run-start') {
      return [{ ...event, runId: `shard-${i}`, cells: event.cells.filter(cell => mine.has(cell.id)) }];
    }
    if (event.type === 'cell-start') return mine.has(event.cell) ? [event] : [];
    if (event.type === 'cell-end') return mine.has(event.result.cell.id) ? [event] : [];
    return [event];
  });
}

t.test('merged shards are the run that they are parts of', async t => {
  const whole = foldRun(goldenEvents('full'));
  const merged = foldRun(mergeRuns([shard(0, 3), shard(1, 3), shard(2, 3)]));
  t.same(merged.counts, whole.counts);
  t.same(merged.cells.map(c => c.id).toSorted(), whole.cells.map(c => c.id).toSorted());
  t.same(
    merged.kernels.map(k => [k.id, k.planned, k.phases]),
    whole.kernels.map(k => [k.id, k.planned, k.phases]),
  );
  t.equal(merged.runId, 'shard-0+shard-1+shard-2');
  t.equal(merged.complete, true);
  t.equal(merged.exitCode, 1);
  t.equal(merged.durationMs, whole.durationMs);
});

t.test('a shard that was cut off leaves its cells unfinished, and the merged run has no end', async t => {
  const cut = shard(1, 2).slice(0, 6);
  const merged = foldRun(mergeRuns([shard(0, 2), cut]));
  t.equal(merged.complete, false);
  t.equal(merged.unfinished.length, 4);
  const green = mergeRuns([passing(shard(0, 2)), passing(cut)]);
  t.equal(foldRun(green).exitCode, 3, 'and is no success');
});

t.test('if several runs contain a cell, the last verdict is used; a single run is unchanged', async t => {
  const one = goldenEvents('one');
  const red = one.map(e =>
    e.type === 'cell-end' ? { ...e, result: { ...e.result, verdict: 'fail' as const } } : e,
  );
  t.equal(foldRun(mergeRuns([red, one])).exitCode, 0);
  t.equal(foldRun(mergeRuns([one, red])).exitCode, 1);
  t.equal(mergeRuns([red, one]).filter(e => e.type === 'cell-end').length, 1, 'it is reported once');
  t.match(foldRun(mergeRuns([red, one])).notes, [
    { level: 'warning', text: /one-cpu@6\.12 is fail, then pass, and counts as pass/ },
  ]);
  t.same(foldRun(mergeRuns([one, one])).notes, []);
  t.equal(mergeRuns([one]), one);
  t.same(mergeRuns([]), []);
});

t.test('if shards overlap, the worst verdict of a cell is used, in any order', async t => {
  const one = asShard(goldenEvents('one'));
  const red = one.map(e =>
    e.type === 'cell-end' ? { ...e, result: { ...e.result, verdict: 'fail' as const } } : e,
  );
  for (const runs of [
    [red, one],
    [one, red],
  ])
    t.equal(foldRun(mergeRuns(runs)).exitCode, 1);
});

t.test('an exit code that its own cells do not explain makes the whole worse', async t => {
  const stated = (exitCode: number, interrupted = false): RunEvent[] =>
    goldenEvents('one').map(e => (e.type === 'run-end' ? { ...e, exitCode, interrupted } : e));
  const other = shard(0, 2);
  for (const [exitCode, interrupted] of [
    [3, false],
    [1, false],
    [130, true],
  ] as const) {
    const whole = foldRun(mergeRuns([stated(exitCode, interrupted), passing(other)]));
    t.equal(whole.exitCode, exitCode);
    t.equal(foldRun(stated(exitCode, interrupted)).exitCode, exitCode, 'also alone');
  }
});

/** Every cell of a run made a pass, and an end that states it. */
function passing(events: readonly RunEvent[]): RunEvent[] {
  return events.map(e => {
    if (e.type === 'run-end') return { ...e, exitCode: 0 };
    return e.type === 'cell-end' ? { ...e, result: { ...e.result, verdict: 'pass' as const } } : e;
  });
}

function asShard(events: readonly RunEvent[]): RunEvent[] {
  return events.map(e =>
    e.type === 'run-start' ? { ...e, shard: { index: 1, count: 1, plan: e.cells } } : e,
  );
}

// A start as `run --shard i/n` writes it: the whole plan in addition to its own cells.
function plannedShard(i: number, n: number): RunEvent[] {
  const plan = goldenEvents('full').find(event => event.type === 'run-start')?.cells ?? [];
  return shard(i, n).map(event =>
    event.type === 'run-start'
      ? {
          ...event,
          argv: ['run', '--shard', `${i + 1}/${n}`, '--jobs', '2'],
          shard: { index: i + 1, count: n, plan },
        }
      : event,
  );
}

t.test('merged shards are equal to the whole run except for times and names', async t => {
  const untimed = (events: readonly RunEvent[]) => {
    const document = JSON.stringify(toRunDocument(foldRun(events)), (key, value: unknown) =>
      ['durationMs', 'prepareMs', 'startedAt', 'runId', 'jobs', 'argv'].includes(key) ? null : value,
    );
    return JSON.parse(document) as unknown;
  };
  const merged = mergeRuns([2, 0, 1].map(i => plannedShard(i, 3)));
  t.same(untimed(merged), untimed(goldenEvents('full')), 'in any order');
  t.same(foldRun(merged).argv, ['run', '--jobs', '2']);
  t.same(
    foldRun(merged).notes.filter(n => n.text.includes('shard')),
    [],
  );
});

t.test('the cells of a missing shard are unfinished, and are named', async t => {
  const merged = foldRun(mergeRuns([plannedShard(0, 3), plannedShard(2, 3)]));
  const lost = shard(1, 3).flatMap(e => (e.type === 'run-start' ? e.cells.map(c => c.id) : []));
  t.same(merged.unfinished.map(u => u.cell.id).toSorted(), lost.toSorted());
  t.match(merged.notes, [
    { level: 'warning', text: /^shard 2\/3 is missing: 3 of 10 cells were not run by any shard$/ },
  ]);
  const alone = foldRun(mergeRuns([plannedShard(0, 3)]));
  t.equal(alone.unfinished.length, 6, 'even with a single shard');
  t.equal(alone.exitCode, 1);
});

t.test('shards of different divisions cause a warning', async t => {
  const gap = plannedShard(1, 3).map(event =>
    event.type === 'run-start' ? { ...event, cells: event.cells.slice(1) } : event,
  );
  const late = foldRun(mergeRuns([plannedShard(0, 3), gap, plannedShard(2, 3)]));
  t.match(late.notes.at(0)?.text, /all shards are present, but 1 cell is in none of them/);
  const mixed = foldRun(mergeRuns([plannedShard(0, 3), plannedShard(1, 2)]));
  t.match(mixed.notes.at(0)?.text, /different divisions/);
});
