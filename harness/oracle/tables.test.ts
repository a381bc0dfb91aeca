import t from 'tap';
import { FEATURE_NAMES, FEATURES } from '../kernel/features.ts';
import type { ObserverRows, Row, Tables, WitnessRows } from '../model/counters.ts';
import { count } from './counters.ts';
import { errnoName } from './errno.ts';
import { MAP_ID, enqueue, entry, kthread, main, row, seen, variantOf } from './made-up.fixture.ts';
import { meanings } from './semantics.ts';
import { SEMANTICS } from './subjects.ts';
import { sumFields } from './table.ts';
import { WITNESSED, witnessDifferences } from './witness.ts';

t.test('every feature has a commit or a configuration, every field a meaning on every kernel', async t => {
  const meaning = meanings(SEMANTICS);
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

t.test('two witnesses: any difference is reported, other maps do not count', async t => {
  const tables = { enqueue: [enqueue(10)], kthread: [kthread(10, { xdp_pass: 10 })] };
  const observers: ObserverRows = { tables, lost: 0 };
  const witness: WitnessRows = { kind: 'hist', tables, lost: 0 };
  t.strictSame(witnessDifferences(observers, null, [MAP_ID]), []);
  t.strictSame(witnessDifferences(observers, witness, [MAP_ID]), []);
  const saw = (some: Tables): WitnessRows => ({ ...witness, tables: { ...tables, ...some } });
  const stray = saw({ enqueue: [enqueue(10), enqueue(5, 0, { map_id: 99 })] });
  t.strictSame(witnessDifferences(observers, stray, [MAP_ID]), []);
  const rows: [WitnessRows, string][] = [
    [{ ...witness, lost: 2 }, 'witness (hist) lost 2 events: the counts are void'],
    [
      saw({ enqueue: [enqueue(10, 1, { events: 10 })] }),
      `enqueue map_id=7 cpu=0 to_cpu=2: drops is 0 to the observer, 1 to the witness (hist)`,
    ],
    [
      saw({ kthread: [kthread(10, { xdp_pass: 9 })] }),
      `kthread map_id=7 cpu=2: xdp_pass is 10 to the observer, 9 to the witness (hist)`,
    ],
  ];
  for (const [other, text] of rows) t.strictSame(witnessDifferences(observers, other, [MAP_ID]), [text]);
  t.equal(witnessDifferences(observers, saw({ kthread: [] }), [MAP_ID]).length, 3, 'a row that is missing');
});

t.test('every sum of a witnessed table is compared, rows differ by every key', async t => {
  for (const table of WITNESSED) {
    const one = row(table.name, { map_id: MAP_ID });
    const differences = (other: Row) =>
      witnessDifferences(
        { tables: { [table.name]: [one] }, lost: 0 },
        { kind: 'hist', tables: { [table.name]: [other] }, lost: 0 },
        [MAP_ID],
      ).length;
    for (const field of Object.keys(sumFields(table)))
      t.equal(differences({ ...one, [field]: 1 }), 1, `${table.name}.${field}`);
    const keys = Object.keys(table.keys).filter(key => key !== table.owner);
    // The sums differ only if the key separates the rows.
    for (const key of keys) t.equal(differences({ ...one, events: 1, [key]: 5 }), 1, `${table.name}.${key}`);
  }
});

t.test('kthread events against what entries’ programs returned (C5)', async t => {
  const kernel = { version: '6.12.117', series: '6.12', arch: 'amd64' as const };
  const variant = variantOf(['sent == 0']);
  const of = (mode: 'native' | 'generic', xdp_pass: number) => {
    const observations = seen({
      programs: [main({}, mode), entry({ pass: 6, drop: 4 })],
      observers: { kthread: [kthread(10, { xdp_pass, xdp_drop: 4 })] },
    });
    return count(observations, kernel, variant).accounts.flatMap(one => one.differences ?? []);
  };
  t.strictSame(of('native', 6), []);
  t.strictSame(of('generic', 0), [], 'generic mode never counts xdp_pass');
  t.match(of('native', 5), [/= 9, the entries' programs returned 10/]);
  t.match(of('generic', 6), [/= 10, the entries' programs returned 4/]);
});
