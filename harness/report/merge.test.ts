import t from 'tap';
import type { RunEvent } from '../model/events.ts';
import { foldRun } from './fold.ts';
import { goldenEvents } from './golden.ts';
import { mergeRuns } from './merge.ts';

const rule = (counts: { fail: number }, unfinished: number): number =>
  counts.fail > 0 || unfinished > 0 ? 1 : 0;

// Shard i of n as a run of its own.
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

t.test('shards come together as the run that they are of', async t => {
  const whole = foldRun(goldenEvents('full'));
  const merged = foldRun(mergeRuns([shard(0, 3), shard(1, 3), shard(2, 3)], rule));
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

t.test('a shard that was cut off leaves its cells unfinished, and the whole without an end', async t => {
  const cut = shard(1, 2).slice(0, 6);
  const merged = foldRun(mergeRuns([shard(0, 2), cut], rule));
  t.equal(merged.complete, false);
  t.equal(merged.unfinished.length, 4);
});

t.test('of a cell in several runs the last verdict counts; one run is itself', async t => {
  const one = goldenEvents('one');
  const red = one.map(e =>
    e.type === 'cell-end' ? { ...e, result: { ...e.result, verdict: 'fail' as const } } : e,
  );
  t.equal(foldRun(mergeRuns([red, one], rule)).exitCode, 0);
  t.equal(foldRun(mergeRuns([one, red], rule)).exitCode, 1);
  t.equal(mergeRuns([red, one], rule).filter(e => e.type === 'cell-end').length, 1, 'and is reported once');
  t.equal(mergeRuns([one], rule), one);
  t.same(mergeRuns([], rule), []);
});
