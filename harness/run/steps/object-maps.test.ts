import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { scenarioOf } from '../../oracle/made-up.fixture.ts';
import { indexPrograms } from '../programs.ts';
import { StepContext, type StepGuest } from './context.ts';
import { unusedMapHints } from './object-maps.ts';
import { runSteps } from './run-steps.ts';

const OBJECT = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 12);
	__type(key, __u32);
	__type(value, __u32);
} cpu_map SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 5);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u32);
} seen SEC(".maps");
struct locked { struct bpf_spin_lock lock; __u32 n; };
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct locked);
} guarded SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

static __noinline void *find(__u64 key)
{
	return bpf_map_lookup_elem(&seen, &key);
}
SEC("xdp") int steer(struct xdp_md *ctx)
{
	return bpf_redirect_map(&cpu_map, 2, find(1) ? XDP_DROP : XDP_PASS);
}
SEC("xdp") int look(struct xdp_md *ctx)
{
	return find(2) ? XDP_DROP : XDP_PASS;
}
SEC("xdp") int special(struct xdp_md *ctx)
{
	__u32 key = 0;

	bpf_ringbuf_output(&events, &key, sizeof(key), 0);
	return bpf_map_lookup_elem(&guarded, &key) ? XDP_DROP : XDP_PASS;
}
char LICENSE[] SEC("license") = "GPL";
`;

/** Runs steps against an agent that answers everything; returns its requests and the context. */
async function stepped(t: Test, steps: string) {
  const dir = t.testdir({ 'mine.bpf.c': OBJECT });
  const object = {
    name: 'mine',
    label: 'mine.bpf.c',
    path: join(dir, 'mine.bpf.c'),
    cflags: [],
    dir,
  };
  const index = await indexPrograms({ objects: [object] }, { arch: 'amd64', cacheDir: join(dir, 'cache') });
  const requests: ({ readonly op: string } & Readonly<Record<string, unknown>>)[] = [];
  const guest = {
    hello: { cpus_possible: [0, 1, 2, 3] },
    call: async (op: string, args: object) => {
      requests.push({ op, ...args });
      return { id: requests.length };
    },
  } as unknown as StepGuest;
  const ctx = new StepContext(guest, index, 'veth');
  const [variant] = scenarioOf(
    `title: t\nsource: s\ntopology: veth\nobjects: [mine.bpf.c]\nsetup:\n${steps}\nexpect: ['sent == 0']\n`,
  ).variants;
  await runSteps(ctx, variant?.setup ?? []);
  const created = requests.filter(({ op }) => op === 'map_create');
  const loads = requests.filter(({ op }) => op === 'load');
  return { ctx, created, loads, requests };
}

const CPU_MAP = { name: 'cpu_map', type: 'cpumap', key_size: 4, value_size: 4, max_entries: 12, flags: 0 };
const SEEN = { name: 'seen', type: 'hash', key_size: 8, value_size: 4, max_entries: 5, flags: 1 };

t.test("a scenario's cpumap is the map that its object declares, in type, sizes and flags", async t => {
  const { created, loads } = await stepped(
    t,
    '  - cpumap: { name: cpu_map, entries: { 2: { qsize: 64 } } }\n  - load: { program: steer }',
  );
  t.match(created, [CPU_MAP, SEEN]);
  t.match(loads, [{ program: 'steer', maps: { cpu_map: 'cpu_map', seen: 'seen' }, create: [] }]);
});

t.test('what a step states replaces the declaration; null is the number of possible CPUs', async t => {
  const cases = [
    ['max_entries: 3', { ...CPU_MAP, max_entries: 3 }],
    ['max_entries: null, value_size: 8', { ...CPU_MAP, max_entries: 4, value_size: 8 }],
  ] as const;
  for (const [stated, expected] of cases) {
    t.match((await stepped(t, `  - cpumap: { name: cpu_map, ${stated} }`)).created, [expected]);
  }
  const resized = await stepped(t, '  - map: { name: seen, max_entries: 9 }');
  t.match(resized.created, [{ ...SEEN, max_entries: 9 }]);
});

t.test('a map without an object is as it was', async t => {
  const { created } = await stepped(t, '  - cpumap: { name: other }');
  t.match(created, [{ name: 'other', type: 'cpumap', key_size: 4, value_size: 8, max_entries: 4, flags: 0 }]);
});

t.test("an object's maps are created once and shared by its programs", async t => {
  const { created, loads } = await stepped(
    t,
    '  - load: { program: look }\n  - load: { program: steer }\n  - load: { program: look }',
  );
  t.match(created, [SEEN, CPU_MAP]);
  t.equal(created.length, 2);
  t.match(loads, [
    { program: 'look', maps: { seen: 'seen' } },
    { program: 'steer', maps: { seen: 'seen', cpu_map: 'cpu_map' } },
  ]);
  t.equal(loads.length, 2);
});

t.test('a step that names a declared map creates it; filling a created one does not', async t => {
  const before = await stepped(t, '  - update: { map: seen, key: 7, value: "01000000" }');
  t.match(before.created, [SEEN]);
  t.match(before.requests[1], { op: 'map_update', map: 'seen', key: '0700000000000000' });
  const after = await stepped(
    t,
    '  - load: { program: steer }\n  - cpumap: { name: cpu_map, entries: { 1: { qsize: 8 } } }',
  );
  t.equal(after.created.length, 2);
  t.match(after.requests.at(-1), { op: 'cpumap_update', map: 'cpu_map', key: 1, qsize: 8 });
});

t.test('maps that need BTF or what libbpf adds are created by libbpf', async t => {
  const { created, loads } = await stepped(t, '  - load: { program: special }');
  t.same(created, []);
  t.same(loads[0]?.['create'] instanceof Array && [...(loads[0]['create'] as string[])].toSorted(), [
    'events',
    'guarded',
  ]);
});

t.test('the stock maps are places: of the same name, of another by `maps`, or unbound', async t => {
  const { created, loads } = await stepped(
    t,
    `  - load: { program: entry_redirect_next }
  - cpumap: { name: eight }
  - load: { program: redirect_to_cpu, maps: { cpus: eight } }
  - cpumap: { name: cpus }
  - load: { program: redirect_by_flow }`,
  );
  t.match(created, [{ name: 'eight' }, { name: 'cpus' }]);
  t.match(loads, [
    { maps: {}, create: ['next'] },
    { maps: { cpus: 'eight' }, create: [] },
    { maps: { cpus: 'cpus' }, create: [] },
  ]);
});

t.test('a step that does not fit the declaration says so', async t => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['  - cpumap: { name: seen }', /mine\.bpf\.c declares `seen` with type hash; step `map` creates it/],
    [
      '  - load: { program: look }\n  - map: { name: seen, max_entries: 6 }',
      /`seen` was created as declared .* resize it in an earlier step/,
    ],
    ['  - map: { name: sean }', /map `sean`: `type` is missing/],
    ['  - lookup: { map: sean, key: 1 }', /no map `sean`, did you mean `seen`\?/],
    ['  - map: { name: events }', /`events` of mine\.bpf\.c \(type ringbuf\) is created by libbpf/],
  ];
  for (const [steps, message] of cases) await t.rejects(stepped(t, steps), { code: 'scenario', message });
});

t.test('a map that no loaded program uses is a hint, where an own program is loaded', async t => {
  const maps = '  - cpumap: { name: cpu_mop }\n  - cpumap: { name: cpu_map }\n';
  const own = await stepped(t, `${maps}  - load: { program: steer }`);
  t.same(unusedMapHints(own.ctx), ['map `cpu_mop` is used by no program that was loaded']);
  const stock = await stepped(t, `${maps}  - load: { program: redirect_to_cpu }`);
  t.same(unusedMapHints(stock.ctx), []);
});
