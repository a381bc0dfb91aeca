import { join } from 'node:path';
import t from 'tap';
import { scenarioOf } from '../../oracle/made-up.fixture.ts';
import type { ResolvedVariant } from '../../scenario/scenario.ts';
import { AgentError } from '../../guest/agent-error.ts';
import { indexPrograms, type ProgramIndex } from '../programs.ts';
import { StepContext, type StepGuest } from '../steps/context.ts';
import { runSteps } from '../steps/run-steps.ts';
import { planReadings } from './plan.ts';
import { beginReadings, takeReadings } from './take.ts';

/** `struct event` and `struct twin` stand in the debug information only: no map and no function has them. */
const FIREWALL = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct event { __u32 src; __u32 len; };
#ifdef TWIN
struct twin { __u64 both; };
#endif
struct counts { __u64 packets; __u64 bytes; };
struct where { __u32 net; __u16 port; __u16 pad; __u32 id; };
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, __u32); __type(value, __u32); } blocklist SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, struct where); __type(value, struct counts); } flows SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 2); __type(key, __u32); __type(value, struct counts); } stats SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 65536); } events SEC(".maps");
__u64 total;
struct counts all[2];
SEC("xdp")
int filter(struct xdp_md *ctx)
{
	__u32 key = ctx->data_end - ctx->data;
	struct where where = {};
	struct counts *counts = bpf_map_lookup_elem(&stats, &key);
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (counts)
		counts->packets++;
	total++;
	all[0].packets++;
	if (e) {
		e->src = key;
#ifdef TWIN
		((struct twin *)e)->both = key;
#endif
		bpf_ringbuf_submit(e, 0);
	}
	return bpf_map_lookup_elem(&blocklist, &key) || bpf_map_lookup_elem(&flows, &where) ? XDP_DROP : XDP_PASS;
}
char LICENSE[] SEC("license") = "GPL";
`;

type Answers = Readonly<Record<string, (args: Readonly<Record<string, unknown>>) => unknown>>;

const ROOT = t.testdir({ 'fw.bpf.c': FIREWALL });

/** Compiled once for all tests, by its options. */
const indexes = new Map<string, Promise<ProgramIndex>>();

function indexOf(cflags: readonly string[]): Promise<ProgramIndex> {
  const object = { name: 'fw', label: 'fw.bpf.c', path: join(ROOT, 'fw.bpf.c'), cflags, dir: ROOT };
  const index =
    indexes.get(cflags.join()) ??
    indexPrograms({ objects: [object] }, { arch: 'amd64', cacheDir: join(ROOT, 'cache') });
  indexes.set(cflags.join(), index);
  return index;
}

/** A scenario with an object `fw` and these expectations, and that object, compiled. */
async function prepared(
  expect: readonly string[],
  more = '',
  cflags: readonly string[] = [],
): Promise<{ variant: ResolvedVariant; index: ProgramIndex }> {
  const [variant] = scenarioOf(
    `title: t\nsource: s\ntopology: veth\nobjects: [fw.bpf.c]\n${more}\nsetup: [{ load: { object: fw } }]\nexpect: ${JSON.stringify(expect)}\n`,
  ).variants;
  if (variant === undefined) throw new Error('no variant');
  return { variant, index: await indexOf(cflags) };
}

const LOADED = {
  programs: [{ name: 'filter', handle: 'fw.filter', id: 7, type: 6 }],
  maps: [
    ['blocklist', 4, 4, false],
    ['flows', 12, 16, false],
    ['stats', 4, 16, false],
    ['events', 0, 0, false],
    ['.bss', 4, 40, true],
  ].map(([name, key_size, value_size, internal], index) => ({
    name,
    handle: `fw.${String(name)}`,
    id: index + 1,
    type: 0,
    key_size,
    value_size,
    max_entries: 8,
    internal,
  })),
};

/** Sets an object up, begins and takes the readings; returns them with the requests that were made in between. */
async function taken(expect: readonly string[], answers: Answers, more = '', cflags: readonly string[] = []) {
  const { variant, index } = await prepared(expect, more, cflags);
  const requests: string[] = [];
  const guest = {
    hello: { cpus_possible: [0, 1] },
    call: async (op: string, args: Readonly<Record<string, unknown>>) => {
      requests.push(
        [op, ...['map', 'program', 'path', 'key'].flatMap(name => args[name] ?? [])].map(String).join(' '),
      );
      return op === 'object_load' ? LOADED : ((await answers[op]?.(args)) ?? {});
    },
  } as unknown as StepGuest;
  const ctx = new StepContext(guest, index, 'veth');
  const plan = planReadings(variant, index);
  await runSteps(ctx, variant.setup);
  requests.length = 0;
  await beginReadings(ctx, plan);
  const begun = requests.splice(0);
  const readings = await takeReadings(ctx, plan);
  return { readings, begun, requests };
}

const NO_ENTRY: Answers[string] = () => {
  const failure = {
    kind: 'kernel',
    errno: 'ENOENT',
    code: 2,
    where: 'bpf',
    message: 'no',
    log: null,
  } as const;
  throw new AgentError('map_lookup', failure);
};

t.test('entries that are named are looked up by their key, whatever way it is written', async t => {
  const counts = (packets: number) =>
    `${packets.toString(16).padStart(2, '0')}${'0'.repeat(14)}${'1'.padStart(2, '0')}${'0'.repeat(14)}`;
  const { readings, requests } = await taken(
    [
      'maps.fw.blocklist["198.18.0.1"] == 1',
      'maps.fw.blocklist[7] == 1',
      'maps.fw.flows["0xc61200015000000007000000"].packets == 100',
      'maps.fw.stats[1].sum().packets == 100',
      'maps.fw.stats[1][0].bytes == 1',
    ],
    {
      map_lookup: args => {
        if (args['key'] === '07000000') return NO_ENTRY(args);
        if (args['map'] === 'fw.blocklist') return { value: '01000000' };
        return { value: args['map'] === 'fw.stats' ? counts(60) + counts(40) : counts(100) };
      },
    },
  );
  t.same(requests.toSorted(), [
    'map_lookup fw.blocklist 07000000',
    'map_lookup fw.blocklist c6120001',
    'map_lookup fw.flows c61200015000000007000000',
    'map_lookup fw.stats 01000000',
  ]);
  t.same(readings.maps, {
    fw: {
      blocklist: { '198.18.0.1': 1 },
      flows: { '0xc61200015000000007000000': { packets: 100, bytes: 1 } },
      stats: {
        1: [
          { packets: 60, bytes: 1 },
          { packets: 40, bytes: 1 },
        ],
      },
    },
  });
});

t.test('a map of which more than entries is said is read as a whole', async t => {
  const expect = [
    'maps.fw.blocklist.size == 2',
    'maps.fw.blocklist["198.18.0.1"] == 1',
    'maps.fw.flows.all(k, k != "")',
  ];
  const entries = [
    { key: 'c6120001', value: '01000000' },
    { key: '07000000', value: '02000000' },
  ];
  const flow = { key: 'c61200015000000007000000', value: '00'.repeat(16) };
  const { readings, requests } = await taken(expect, {
    map_dump: ({ map }) => ({ entries: map === 'fw.flows' ? [flow] : entries, more: false }),
  });
  t.same(requests, ['map_dump fw.blocklist', 'map_dump fw.flows']);
  t.same(readings.maps, {
    fw: {
      blocklist: { '198.18.0.1': 1, 7: 2, size: 2 },
      flows: { '0xc61200015000000007000000': { packets: 0, bytes: 0 }, size: 1 },
    },
  });
  const tooMany = taken(expect, { map_dump: () => ({ entries, more: true }) });
  await t.rejects(tooMany, { code: 'scenario', message: /`fw.blocklist` has more than 2 entries/ });
});

t.test('global variables, each from its section', async t => {
  const bss = Buffer.alloc(40);
  const { globals } = (await prepared(['globals.fw.total == 1'])).index.object('fw').contents;
  bss.writeUInt32LE(100, globals.find(({ name }) => name === 'total')?.offset);
  bss.writeUInt32LE(5, globals.find(({ name }) => name === 'all')?.offset);
  const { readings, requests } = await taken(['globals.fw.total == 100', 'globals.fw.all[0].packets == 5'], {
    map_lookup: () => ({ value: bss.toString('hex') }),
  });
  t.match(requests[0], 'map_lookup fw..bss 00000000');
  const none = { packets: 0, bytes: 0 };
  t.same(readings.globals, { fw: { total: 100, all: [{ packets: 5, bytes: 0 }, none] } });
});

t.test('records of a type that only the debug information has', async t => {
  let calls = 0;
  const { readings, begun } = await taken(["events.fw.events.all(e, e.src == ip('198.18.0.1'))"], {
    events_read: () => {
      calls += 1;
      return { records: calls === 1 ? [{ data: 'ff'.repeat(8) }] : [{ data: 'c61200013c000000' }], lost: 3 };
    },
  });
  t.same(begun, ['events_start fw.events', 'events_read fw.events'], 'what the set-up left is thrown away');
  t.same(readings.events, { fw: { events: [{ src: 0x010012c6, len: 60 }] } });
  t.same(readings.lost, { 'fw.events': 3 });
});

t.test('records that could be two structs are hex until the scenario says which', async t => {
  const events_read = () => ({ records: [{ data: 'c61200013c000000' }, { data: '0102' }], lost: 0 });
  const expect = ['size(events.fw.events) == 2'];
  const unclear = await taken(expect, { events_read }, '', ['-DTWIN']);
  t.same(unclear.readings.events, { fw: { events: ['0xc61200013c000000', '0x0102'] } });
  t.match(
    unclear.readings.absent['events.fw.events'],
    /8 bytes may be `struct (?:event|twin)`, `struct (?:event|twin)`: write `events: \{/,
  );
  const stated = await taken(expect, { events_read }, 'events: { fw.events: struct twin }', ['-DTWIN']);
  t.same(stated.readings.events, { fw: { events: [{ both: 0x3c_0100_12c6 }, '0x0102'] } });
  const unknown = taken(expect, { events_read }, 'events: { fw.events: struct evnet }');
  await t.rejects(unknown, { message: /fw.bpf.c has no type `struct evnet`, did you mean `struct event`\?/ });
});

t.test('runs are counted only where an expectation names them', async t => {
  const prog_info = () => ({ run_cnt: 100, run_time_ns: 5000, verified_insns: 0, jited_len: 300 });
  const without = await taken(['programs.fw.filter.jited_bytes > 0'], { prog_info });
  t.same(without.begun, []);
  const { readings, begun } = await taken(['programs.fw.filter.run_count == 100'], { prog_info });
  t.same(begun, ['write_file /proc/sys/kernel/bpf_stats_enabled']);
  t.same(readings.programs, { fw: { filter: { run_count: 100, run_time_ns: 5000, jited_bytes: 300 } } });
  t.match(readings.absent, { 'programs.fw.filter.verified_insns': /since 5.16/ });
});

t.test('what an object does not have is found before a guest boots', async t => {
  const rows: [string, RegExp][] = [
    [
      'maps.fw.blocklits[1] == 1',
      /line 7, `maps.fw.blocklits.1`: fw.bpf.c has no map `blocklits`, did you mean `blocklist`\?/,
    ],
    ['maps.fw.blocklist["nowhere"] == 1', /maps.fw.blocklist\["nowhere"\]: "nowhere" is no number/],
    [
      'maps.fw.blocklist["198.18.0.1"] == maps.fw.blocklist[16782022]',
      /keys `198.18.0.1` and `16782022` are the same entry/,
    ],
    ['maps.fw.blocklist[1].hits == 1', /a __u32 has no `hits`/],
    [
      'maps.fw.flows["0xc61200015000000007000000"].pakets == 1',
      /struct counts has no member `pakets`, did you mean `packets`\?/,
    ],
    [
      'maps.fw.stats[1].packets == 1',
      /`stats` is of type percpu_array, so its value is a list.*`\.sum\(\)\.packets`/,
    ],
    ['maps.fw.stats[1][0].packts == 1', /did you mean `packets`/],
    ['maps.fw.events.size == 1', /`events` is of type ringbuf: its records are `events.fw.events`/],
    [
      'size(events.fw.stats) == 1',
      /`stats` is of type percpu_array, which has no records: write `maps.fw.stats`/,
    ],
    ['size(events.fw.event) == 1', /has no ring buffer or perf event array `event`, did you mean `events`/],
    ['globals.fw.totl == 1', /fw.bpf.c has no global variable `totl`, did you mean `total`\? \(has /],
    ['globals.fw.all[2].packets == 1', /struct counts\[2\] has no element 2/],
    ['programs.fw.fliter.run_count == 1', /fw.bpf.c has no program `fliter`, did you mean `filter`\?/],
  ];
  for (const [expression, message] of rows) {
    const { variant, index } = await prepared([expression]);
    t.throws(() => planReadings(variant, index), { code: 'scenario', message }, expression);
  }
  const unread: [string, RegExp][] = [
    ['maps.wf.blocklist[1] == 1', /the scenario has no object `wf`, did you mean `fw`\?/],
    ['size(maps.fw) == 1', /`maps.fw` does not say which one: write maps.OBJECT.MAP/],
    ['programs.fw.filter.runs == 1', /unknown name `programs.fw.filter.runs`/],
  ];
  for (const [expression, message] of unread) await t.rejects(prepared([expression]), message, expression);
});

t.test('what no step has loaded is said to be missing', async t => {
  const rows = [
    'maps.fw.blocklist[1] == 1',
    'globals.fw.total == 1',
    'size(events.fw.events) == 1',
    'programs.fw.filter.run_count == 1',
  ];
  for (const expression of rows) {
    const { variant, index } = await prepared([expression]);
    const guest = { hello: { cpus_possible: [0] }, call: async () => ({}) } as unknown as StepGuest;
    const taking = takeReadings(new StepContext(guest, index, 'veth'), planReadings(variant, index));
    await t.rejects(taking, { code: 'scenario', message: /no step has loaded/ }, expression);
  }
});
