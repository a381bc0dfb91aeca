import t from 'tap';
import { RunFold } from './fold.ts';
import { goldenEvents } from './golden.ts';
import { timeLeft } from './time-left.ts';

// State after the first `events` events of the golden run, which has 10 cells and 2 jobs.
function after(events: number) {
  const fold = new RunFold();
  const begun = new Map<string, number>();
  for (const event of goldenEvents('full').slice(0, events)) {
    fold.add(event);
    if (event.type === 'cell-start') begun.set(event.cell, Date.parse(event.at));
  }
  return { summary: fold.summary(), begun };
}

t.test('estimated time left', async t => {
  const start = after(1);
  const now = Date.parse(start.summary.startedAt ?? '');
  t.equal(timeLeft(start.summary, start.begun, now), null, 'nothing is known');
  t.equal(
    timeLeft(start.summary, start.begun, now, () => 4000),
    (10 * 4000) / start.summary.jobs,
    'the last durations',
  );
  const later = after(13);
  t.equal(later.summary.results.size, 4);
  const first = Math.min(...later.begun.values());
  const running = later.summary.running.length;
  const left = timeLeft(later.summary, later.begun, first + 8000, () => 4000) ?? 0;
  // 4 cells of 4 s took 8 s, so the speed is 2. 6 cells are left, minus the time that the running cells have already used.
  t.ok(left <= (6 * 4000) / 2 && left >= ((6 - running) * 4000) / 2, `own speed: ${left}`);
  const all = after(99);
  t.equal(
    timeLeft(all.summary, all.begun, now, () => 4000),
    null,
    'nothing is left',
  );
});

t.test('a cell that never ran before is assumed to take the usual time', async t => {
  const { summary, begun } = after(1);
  const now = Date.parse(summary.startedAt ?? '');
  const [known] = summary.cells;
  t.equal(
    timeLeft(summary, begun, now, id => (id === known?.id ? 3000 : undefined)),
    (10 * 3000) / summary.jobs,
  );
});
