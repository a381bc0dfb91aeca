import { join } from 'node:path';
import t, { type Test } from 'tap';
import { scenarioOf } from '../../oracle/made-up.fixture.ts';
import { indexPrograms } from '../programs.ts';
import { StepContext, type StepGuest } from './context.ts';
import { runSteps } from './run-steps.ts';

// Which requests the steps send; what the kernel does with them is in scenarios/object/.

const OBJECT = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, __u32); __type(value, __u32); } blocklist SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } events SEC(".maps");
int second(struct xdp_md *ctx);
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__array(values, int (struct xdp_md *));
} table SEC(".maps") = { .values = { [0] = (void *)&second } };
__u64 seen;
volatile const __u32 sample = 1;
__attribute__((noinline)) int slot(struct xdp_md *ctx)
{
	volatile int ret = XDP_PASS;
	return ctx ? ret : XDP_ABORTED;
}
SEC("xdp") int first(struct xdp_md *ctx)
{
	__u32 key = sample;
	__sync_fetch_and_add(&seen, 1);
	bpf_ringbuf_output(&events, &key, sizeof(key), 0);
	bpf_tail_call(ctx, &table, 0);
	return bpf_map_lookup_elem(&blocklist, &key) ? XDP_DROP : XDP_PASS;
}
SEC("xdp") int second(struct xdp_md *ctx) { seen++; return slot(ctx); }
SEC("?xdp") int spare(struct xdp_md *ctx) { return XDP_PASS; }
SEC("freplace/slot") int steer(struct xdp_md *ctx) { return XDP_DROP; }
char LICENSE[] SEC("license") = "GPL";
`;

function namesOf(list: unknown): string[] {
  return Array.isArray(list) ? list.map(String).toSorted() : [];
}

type Requests = ({ readonly op: string } & Readonly<Record<string, unknown>>)[];

const MAPS = ['blocklist', 'events', 'table', '.bss', '.rodata'];

/** Runs steps against an agent that answers everything, as a kernel would that refuses nothing. */
async function stepped(t: Test, steps: string): Promise<{ ctx: StepContext; requests: Requests }> {
  const dir = t.testdir({ 'fw.bpf.c': OBJECT });
  const object = { name: 'fw', label: 'fw.bpf.c', path: join(dir, 'fw.bpf.c'), cflags: [], dir };
  const index = await indexPrograms({ objects: [object] }, { arch: 'amd64', cacheDir: join(dir, 'cache') });
  const requests: Requests = [];
  const guest = {
    hello: { cpus_possible: [0, 1] },
    call: async (op: string, args: Readonly<Record<string, unknown>>) => {
      requests.push({ op, ...args });
      const id = requests.length;
      if (op === 'map_info') return { id, key_size: 4, value_size: 4, fdinfo: '' };
      if (op === 'batch')
        return { answers: (args['requests'] as unknown[]).map(() => ({ ok: {}, error: undefined })) };
      if (op !== 'object_load') return { id, value: '0500000000000000', fdinfo: '' };
      const sizes = { type: 1, key_size: 4, value_size: 4, max_entries: 8 };
      const bound = args['maps'] as object;
      return {
        programs: (args['programs'] as string[]).map((name, n) => ({
          name,
          handle: `fw.${name}`,
          id: 100 + n,
          type: 6,
        })),
        maps: MAPS.filter(name => !(name in bound)).map((name, n) => {
          return { name, handle: `fw.${name}`, id: 200 + n, ...sizes, internal: name.startsWith('.') };
        }),
      };
    },
  } as unknown as StepGuest;
  const ctx = new StepContext(guest, index, 'veth');
  const [variant] = scenarioOf(
    `title: t\nsource: s\ntopology: veth\nobjects: [fw.bpf.c]\nsetup:\n${steps}\nexpect: ['sent == 0']\n`,
  ).variants;
  await runSteps(ctx, variant?.setup ?? []);
  return { ctx, requests };
}

t.test('a whole object: what libbpf would load, with first values of its variables', async t => {
  const { requests } = await stepped(
    t,
    `  - load: { object: fw, globals: { sample: 9 }, sizes: { blocklist: 64 } }
  - attach: { program: fw.first, to: rx, mode: native }
  - attach: { program: second, to: tx, mode: native, counted: false }
  - fill: { map: fw.blocklist, entries: [{ key: 198.18.0.1, value: 1 }, { key: 7, value: 2 }], flags: noexist }
  - lookup: { map: blocklist, key: 198.18.0.1 }
  - lookup: { map: fw..bss, key: 0 }`,
  );
  t.match(requests[0], {
    op: 'object_load',
    name: 'fw',
    globals: [{ section: '.rodata', offset: 0, hex: '09000000' }],
    sizes: { blocklist: 64 },
    maps: {},
  });
  t.same(namesOf(requests[0]?.['programs']), ['first', 'second'], 'no `?`, nothing that replaces');
  t.match(requests.slice(1), [
    { op: 'actions_start', program: 'fw.first' },
    { op: 'attach', program: 'fw.first', dev: 'rx' },
    { op: 'attach', program: 'fw.second', dev: 'tx' },
    {
      op: 'batch',
      requests: [
        { op: 'map_update', map: 'fw.blocklist', key: 'c6120001', value: '01000000', flags: 1 },
        { op: 'map_update', map: 'fw.blocklist', key: '07000000', value: '02000000', flags: 1 },
      ],
    },
    { op: 'map_lookup', map: 'fw.blocklist', key: 'c6120001' },
    { op: 'map_lookup', map: 'fw..bss', key: '00000000' },
  ]);
});

t.test("a scenario's map instead of the object's, where a step names it or made it before", async t => {
  const { requests } = await stepped(
    t,
    `  - map: { name: mine, type: hash, key_size: 4, value_size: 4, max_entries: 3 }
  - load: { object: fw, maps: { blocklist: mine } }`,
  );
  t.match(requests[1], { op: 'object_load', maps: { blocklist: 'mine' } });
  const before = await stepped(t, '  - map: { name: blocklist, max_entries: 9 }\n  - load: { object: fw }');
  t.match(before.requests[0], { op: 'map_create', name: 'blocklist', type: 'hash', max_entries: 9 });
  t.match(before.requests[1], { op: 'object_load', maps: { blocklist: 'blocklist' } });
});

t.test('what an object leaves out can be loaded alone, and shares its maps and variables', async t => {
  const { requests } = await stepped(
    t,
    '  - load: { object: fw }\n  - load: { program: spare }\n  - load: { program: steer }',
  );
  t.match(requests[1], { op: 'load', program: 'spare', maps: { table: 'fw.table', '.bss': 'fw..bss' } });
  t.match(requests[2], {
    op: 'load',
    program: 'steer',
    targets: { steer: { program: 'fw.second', function: 'slot' } },
  });
});

t.test('programs that are loaded alone share variables, special maps, and what they tail-call', async t => {
  const { requests, ctx } = await stepped(
    t,
    `  - load: { program: first }
  - load: { program: second }
  - load: { program: second, config: { sample: 2 } }
  - info: { program: first }`,
  );
  const loads = requests.filter(({ op }) => op === 'load');
  t.match(loads[0], {
    program: 'first',
    also: ['second'],
    maps: { blocklist: 'blocklist' },
    keep: { events: 'fw.events', table: 'fw.table', '.bss': 'fw..bss', '.rodata': 'fw..rodata' },
  });
  t.same(namesOf(loads[0]?.['create']), ['events', 'table']);
  t.match(loads[1], { program: 'second', maps: { table: 'fw.table', '.bss': 'fw..bss' }, create: [] });
  t.match(loads[2], { config: undefined, globals: [{ section: '.rodata', hex: '02000000' }] });
  t.match(Object.values(loads[2]?.['keep'] as Record<string, string>), [/^fw\.\..*-[0-9a-f]{16}$/]);
  t.ok(ctx.maps.has('events') && ctx.maps.has('fw..bss'));
});

t.test(
  'a table of tail calls takes a program; a ring buffer that libbpf made is a map of the steps',
  async t => {
    const { requests } = await stepped(
      t,
      '  - load: { object: fw }\n  - update: { map: table, key: 1, program: first }\n  - info: { map: events }',
    );
    t.match(requests[1], { op: 'map_update', map: 'fw.table', key: '01000000', value_program: 'fw.first' });
    t.match(requests[2], { op: 'map_info', map: 'fw.events' });
  },
);

t.test('mistakes name what is wrong, and what there is', async t => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['load: { object: wf }', /no object `wf`, did you mean `fw`\? \(its objects are fw\)/],
    ['load: { object: fw, globals: { smaple: 1 } }', /no global variable `smaple`, did you mean `sample`\?/],
    ['load: { object: fw, maps: { blocklst: x } }', /^maps: fw\.bpf\.c has no map `blocklst`, did you mean/],
    ['load: { object: fw, sizes: { event: 1 } }', /^sizes: fw\.bpf\.c has no map `event`, did you mean/],
    ['load: { object: fw, programs: [frist] }', /no program `frist`, did you mean `first`\?/],
    [
      'load: { object: fw, programs: [steer] }',
      /`steer` \(freplace\/slot\) replaces function `slot` of a program/,
    ],
    [
      'info: { map: events }',
      /`events` of fw\.bpf\.c \(type ringbuf\) is created by libbpf .* `load: \{ object: fw \}`/,
    ],
    [
      'fill: { map: blocklist, entries: [{ key: 1, program: first }] }',
      /^fill\.entries\[0\]: .* needs a `value`/,
    ],
    [
      'fill: { map: blocklist, entries: [{ key: 1, value: { a: 1 } }] }',
      /^fill\.entries\[0\]\.value: .*__u32/,
    ],
  ];
  for (const [step, message] of cases)
    await t.rejects(stepped(t, `  - ${step}`), { code: 'scenario', message }, step);
  const loaded = '  - load: { object: fw }\n  - ';
  const after: readonly (readonly [string, RegExp])[] = [
    ['load: { object: fw }', /`fw` is loaded already/],
    ['load: { program: first, config: { sample: 2 } }', /`config` comes too late/],
    ['map: { name: blocklist, max_entries: 2 }', /resize it in an earlier step, or with `sizes`/],
  ];
  for (const [step, message] of after)
    await t.rejects(stepped(t, loaded + step), { code: 'scenario', message }, step);
});
