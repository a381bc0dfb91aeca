import t from 'tap';
import type { ObjectReadings } from '../model/observations.ts';
import { judge } from './judge.ts';
import { scenarioOf, seen } from './made-up.fixture.ts';

const KERNEL = { version: '6.12.1', series: '6.12', arch: 'amd64' as const };

const READ: ObjectReadings = {
  maps: {
    fw: {
      stats: { 0: [1, 2], 1: [60, 40] },
      records: {
        1: [
          { packets: 60, kind: 'DROP' },
          { packets: 40, kind: 'DROP' },
        ],
      },
      blocklist: { '198.18.0.1': 1, 7: 2, size: 2 },
      wide: { 1: { int: '18446744073709551615' } },
    },
  },
  globals: { fw: { total: 100, all: [{ packets: 5 }], name: 'eth0' } },
  events: { fw: { events: [{ src: 0x010012c6 }, { src: 0x010012c6 }], raw: ['0xc61200013c000000'] } },
  programs: { fw: { filter: { run_count: 100, run_time_ns: 5000, jited_bytes: 300 } } },
  lost: { 'fw.events': 0 },
  absent: {
    'programs.fw.filter.verified_insns': 'the kernel reports it since 5.16',
    'events.fw.raw': 'write `events: { fw.raw: struct event }`',
  },
};

/** The verdict of a cell in which these expectations were read. */
function verdictOf(expect: readonly string[], objects: ObjectReadings = READ) {
  const [variant] = scenarioOf(
    `title: t\nsource: s\nobjects: [fw.bpf.c]\nexpect: ${JSON.stringify(expect)}\n`,
  ).variants;
  if (variant === undefined) throw new Error('no variant');
  const observations = seen({ objects, maps: {}, mapTypes: {} });
  const { verdict, reason } = judge({ observations, variant, kernel: KERNEL, splats: [], stop: null });
  return { verdict, reason };
}

t.test('what objects hold can be compared', async t => {
  const rows = [
    'maps.fw.stats[1].sum() == 100',
    'sum(maps.fw.stats[1]) == 100',
    'maps.fw.stats[0][1] == 2',
    'maps.fw.records[1].sum().packets == 100',
    'maps.fw.blocklist["198.18.0.1"] == 1',
    'maps.fw.blocklist[7] == 2',
    'maps.fw.blocklist.size == 2',
    'size(maps.fw.blocklist) == 2',
    'sum(maps.fw.blocklist) == 3',
    'maps.fw.blocklist.all(k, maps.fw.blocklist[k] > 0)',
    'maps.fw.wide[1] > 9223372036854775807',
    'globals.fw.total == 100 && globals.fw.all[0].packets == 5 && globals.fw.name == "eth0"',
    'size(events.fw.events) == 2',
    "events.fw.events.all(e, e.src == ip('198.18.0.1'))",
    'programs.fw.filter.run_count == 100',
    'programs.fw.filter.run_time_ns / programs.fw.filter.run_count == 50',
  ];
  for (const expression of rows) {
    t.same(verdictOf([expression]), { verdict: 'pass', reason: '' }, expression);
  }
});

t.test('what does not hold is a fail with its values', async t => {
  const rows: [string, string][] = [
    ['maps.fw.stats[1].sum() == 101', '100 == 101'],
    ['maps.fw.wide[1] == 1', '18446744073709551615 == 1'],
    ['maps.fw.blocklist["198.18.0.2"] == 1', 'maps.fw.blocklist has no `198.18.0.2`'],
    ["events.fw.events.all(e, e.src == ip('198.18.0.2'))", '[0] is {"src":16782022}'],
    ['events.fw.events[2].src == 1', 'events.fw.events has 2 items'],
    ['globals.fw.total == 99', '100 == 99'],
  ];
  for (const [expression, text] of rows) {
    const { verdict, reason } = verdictOf([expression]);
    t.equal(verdict, 'fail', expression);
    t.match(reason, text, expression);
  }
});

t.test('records that were lost are an error and never a fail', async t => {
  const lost = { ...READ, lost: { 'fw.events': 3 } };
  const { verdict, reason } = verdictOf(['size(events.fw.events) == 5'], lost);
  t.equal(verdict, 'error');
  t.match(reason, /bpfrig could not take 3 records in time: `events.fw.events` is void/);
  t.equal(verdictOf(['globals.fw.total == 99'], lost).verdict, 'fail', 'what rests on no record is firm');
});

t.test('a name without a value, and a record without a type, say why', async t => {
  const old = verdictOf(['programs.fw.filter.verified_insns < 5000']);
  t.match(old, { verdict: 'error', reason: /no value in this cell: the kernel reports it since 5.16/ });
  const raw = verdictOf(["events.fw.raw.all(e, e.src == ip('198.18.0.1'))"]);
  t.match(raw, { verdict: 'error', reason: /write `events: \{ fw.raw: struct event \}`/ });
});
