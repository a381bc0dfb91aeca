import t from 'tap';
import type { ObserverRows, WitnessRows } from '../model/counters.ts';
import { FEATURE_NAMES, FEATURES } from '../kernel/features.ts';
import { count } from './counters.ts';
import { errnoName } from './errno.ts';
import { MAP_ID, enqueue, entry, kthread, main, seen, variantOf } from './made-up.fixture.ts';
import { SEMANTICS, meaning } from './semantics.ts';
import { entryDifference, witnessDifferences } from './witness.ts';

t.test('every feature has a commit or a configuration, every field a meaning on every kernel', async t => {
  for (const name of FEATURE_NAMES) {
    const needed = FEATURES[name];
    t.ok(needed.kind === 'feature' ? needed.commit : needed.config);
  }
  for (const field of new Set(SEMANTICS.map(row => row.field))) {
    for (const mode of ['native', 'generic'] as const) {
      for (const version of ['4.19.1', '5.10.262', '5.12.19', '5.13', '6.12.117', '7.4-rc1']) {
        t.ok(meaning(field, mode, version), `${field} ${mode} ${version}`);
      }
    }
  }
  t.equal(meaning('kthread.drops', 'native', '5.12.19'), 'allocation-and-refused');
  t.equal(meaning('kthread.drops', 'native', '5.13'), 'allocation');
});

t.test('errnos by name', async t => {
  t.strictSame([-28, -56, -22, 95, -524, -999].map(errnoName), [
    'ENOSPC',
    'EBADRQC',
    'EINVAL',
    'EOPNOTSUPP',
    'ENOTSUPP',
    'E999',
  ]);
});

t.test('two witnesses: any difference is told, other maps do not count', async t => {
  const observers: ObserverRows = {
    ...seen({}).observers,
    enqueue: [enqueue(10)],
    kthread: [kthread(10, { xdp_pass: 10 })],
  };
  const witness: WitnessRows = {
    kind: 'hist',
    enqueue: observers.enqueue,
    kthread: observers.kthread,
    lost: 0,
  };
  t.strictSame(witnessDifferences(observers, null, [MAP_ID]), []);
  t.strictSame(witnessDifferences(observers, witness, [MAP_ID]), []);
  const stray = { ...witness, enqueue: [...witness.enqueue, enqueue(5, 0, { map_id: 99 })] };
  t.strictSame(witnessDifferences(observers, stray, [MAP_ID]), []);
  const rows: [Partial<WitnessRows>, string][] = [
    [{ lost: 2 }, 'witness (hist) lost 2 events: the counts are void'],
    [
      { enqueue: [enqueue(10, 1, { events: 10 })] },
      `enqueue map_id=7 cpu=0 to_cpu=2: drops is 0 to the observer, 1 to the witness (hist)`,
    ],
    [
      { kthread: [kthread(10, { xdp_pass: 9 })] },
      `kthread map_id=7 cpu=2: xdp_pass is 10 to the observer, 9 to the witness (hist)`,
    ],
  ];
  for (const [change, text] of rows) {
    t.strictSame(witnessDifferences(observers, { ...witness, ...change }, [MAP_ID]), [text]);
  }
  t.equal(
    witnessDifferences(observers, { ...witness, kthread: [] }, [MAP_ID]).length,
    3,
    'a row that is missing',
  );
});

t.test('kthread events against what entries’ programs returned (C5)', async t => {
  const kernel = { version: '6.12.117', series: '6.12' };
  const variant = variantOf(['sent == 0']);
  const of = (mode: 'native' | 'generic', xdp_pass: number) =>
    entryDifference(
      count(
        seen({
          programs: [main({}, mode), entry({ pass: 6, drop: 4 })],
          observers: { kthread: [kthread(10, { xdp_pass, xdp_drop: 4 })] },
        }),
        kernel,
        variant,
      ),
    );
  t.equal(of('native', 6), null);
  t.equal(of('generic', 0), null, 'generic mode never counts xdp_pass');
  t.match(of('native', 5), /= 9, the entries' programs returned 10/);
  t.match(of('generic', 6), /= 10, the entries' programs returned 4/);
});
