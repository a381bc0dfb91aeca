import t from 'tap';
import type { CellResult } from '../model/cell.ts';
import type { Counters } from '../model/counters.ts';
import type { Verdict } from '../model/verdict.ts';
import { behaviourChanges, changeText, counterChanges, basesOf } from './behaviour.ts';
import { foldRun } from './fold.ts';
import { goldenEvents } from './golden.ts';

const names = (a: Counters, b: Counters, allCounters = false): string[] =>
  counterChanges({ counters: a }, { counters: b }, { allCounters }).map(c => c.name);

t.test('a counter is compared as a share of the packets that were sent', async t => {
  const rows: [number, number, boolean, string][] = [
    [2126, 1993, false, 'the number of packets that overflow a ring depends on timing'],
    [0, 1, true, 'none versus some'],
    [9999, 10000, true, 'some versus all'],
    [5000, 4999, true, 'an exact half is by design'],
    [5000, 2500, true, 'a half versus a quarter'],
    [10000, 20000, true, 'all versus twice as many'],
    [10001, 12345, false, 'more than all'],
  ];
  for (const [a, b, differs, why] of rows)
    t.same(names({ sent: 10000, n: a }, { sent: 10000, n: b }), differs ? ['n'] : [], why);
  t.same(names({ sent: 0, n: 3 }, { sent: 0, n: 4 }), ['n'], 'without traffic, exact numbers are compared');
  t.same(names({ sent: 1, e: { errno: 'OK' } }, { sent: 1, e: { errno: 'EBADF' } }), ['e.errno']);
  t.same(names({ a: 1 }, { b: 1 }), ['a', 'b'], 'a missing counter is a change');
});

t.test(
  'values that depend on timing or that the kernel chooses are not compared, unless requested',
  async t => {
    const a = {
      sent: 8,
      kthread: { events: 3, sched: 1, batch: [1, 2] },
      tx: { dropped: 4 },
      step: { id: 11 },
      log: ['a'],
    };
    const b = {
      sent: 8,
      kthread: { events: 5, sched: 0, batch: [3, 0] },
      tx: { dropped: 0 },
      step: { id: 12 },
      log: ['b'],
    };
    t.same(names(a, b), []);
    t.same(names(a, b, true), ['kthread.events', 'kthread.sched', 'kthread.batch', 'tx.dropped', 'step.id']);
    t.same(names({ step: { id: 11 } }, { step: { id: 0 } }), ['step.id'], 'an id versus none');
    t.same(
      names({ step: { fdinfo: { map_id: 24 } } }, { step: { fdinfo: { map_id: 25 } } }),
      [],
      'the id of a map',
    );
    t.same(
      names({ identity: { reordered: 127 } }, { identity: { reordered: 0 } }),
      [],
      'the order of packets',
    );
  },
);

t.test('the text of a change omits the parts of a sum that it contains', async t => {
  const change = (name: string) => ({ name, before: '0', after: '1' });
  const counters = ['k.drop', 'k.cpu.2.drop', 'k.maps.cpus.drop', 'raw.k.drop', 'k.cpu.1.pass'].map(change);
  t.equal(changeText({ verdicts: null, counters }), 'k.drop 0 → 1; k.cpu.1.pass 0 → 1');
});

// One scenario on kernels 1.0, 2.0, … with these verdicts and counts.
function along(...cells: [Verdict, number][]) {
  const [start] = goldenEvents('one');
  const one = goldenEvents('one').find(e => e.type === 'cell-end');
  if (start?.type !== 'run-start' || one?.type !== 'cell-end') throw new Error('golden run one has changed');
  const results = cells.map(([verdict, n], i): CellResult => {
    const kernel = `${i + 1}.0`;
    const cell = { ...one.result.cell, kernel, id: `x@${kernel}` };
    return { ...one.result, cell, verdict, counters: verdict === 'skip' ? {} : { sent: 10, n } };
  });
  const ends = results.map(result => ({ ...one, result }));
  const plan = { ...start, cells: results.map(r => r.cell), kernels: results.map(r => r.cell.kernel) };
  return behaviourChanges(foldRun([plan, ...ends]));
}

t.test('changes from kernel to kernel', async t => {
  const text = (changes: ReturnType<typeof along>) =>
    [...changes.values()].map(c => `${c.from} ${c.to}: ${changeText(c)}`);
  t.same(text(along(['pass', 10], ['pass', 10], ['pass', 0])), ['2.0 3.0: n 10 → 0']);
  t.same(text(along(['skip', 0], ['pass', 10])), ['1.0 2.0: verdict skip → pass'], 'no counters to compare');
  t.same(
    text(along(['pass', 10], ['infra', 0], ['pass', 10])),
    [],
    'a cell with the verdict infra is ignored',
  );
  t.same(text(along(['pass', 10], ['infra', 0], ['fail', 3])), ['1.0 3.0: verdict pass → fail; n 10 → 3']);
});

t.test('a kernel of another architecture is compared with the same build of the first one', async t => {
  const kernels = ['6.1', '6.12', '7.3', '6.12/arm64', '6.18/arm64', '7.3/arm64', '6.12/s390x'].map(id => ({
    id,
    column: null,
  }));
  t.strictSame(Object.fromEntries(basesOf(kernels)), {
    '6.1': [],
    '6.12': ['6.1'],
    '7.3': ['6.12', '6.1'],
    '6.12/arm64': ['6.12'],
    '6.18/arm64': ['6.12/arm64'],
    '7.3/arm64': ['7.3', '6.18/arm64', '6.12/arm64'],
    '6.12/s390x': ['6.12'],
  });
  t.strictSame(
    Object.fromEntries(basesOf(kernels.filter(({ id }) => id.includes('/')))),
    {
      '6.12/arm64': [],
      '6.18/arm64': ['6.12/arm64'],
      '7.3/arm64': ['6.18/arm64', '6.12/arm64'],
      '6.12/s390x': ['6.12/arm64'],
    },
    'without amd64, the first architecture is what others are compared with',
  );
});
