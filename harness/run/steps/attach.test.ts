import { join } from 'node:path';
import t from 'tap';
import { scenarioOf } from '../../oracle/made-up.fixture.ts';
import { indexPrograms } from '../programs.ts';
import { StepContext, type StepGuest } from './context.ts';
import { runSteps } from './run-steps.ts';

// Which requests the steps send; what the kernel does with them is in scenarios/attach/.

const OBJECT = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct { __uint(type, BPF_MAP_TYPE_SOCKHASH); __uint(max_entries, 8); __type(key, __u32); __type(value, __u32); } socks SEC(".maps");
__attribute__((noinline)) int slot(struct xdp_md *ctx)
{
	volatile int ret = XDP_PASS;
	return ctx ? ret : XDP_ABORTED;
}
SEC("xdp") int main_xdp(struct xdp_md *ctx) { return slot(ctx); }
SEC("freplace/slot") int steer(struct xdp_md *ctx) { return XDP_DROP; }
SEC("freplace") int anywhere(struct xdp_md *ctx) { return XDP_DROP; }
SEC("tc/egress") int out(void *ctx) { return 0; }
SEC("netkit/peer") int peer(void *ctx) { return 0; }
SEC("sockops") int ops(void *ctx) { return 1; }
SEC("sk_msg") int msg(void *ctx) { return 1; }
SEC("sk_lookup") int look(void *ctx) { return 1; }
SEC("netfilter") int nf(void *ctx) { return 1; }
SEC("iter/bpf_map") int list(void *ctx) { return 0; }
SEC("kprobe/do_filp_open") int on_open(void *ctx) { return 0; }
SEC("perf_event") int clock(void *ctx) { return 0; }
SEC("lwt_xmit") int lwt(void *ctx) { return 0; }
char LICENSE[] SEC("license") = "GPL";
`;

type Requests = ({ readonly op: string } & Readonly<Record<string, unknown>>)[];

const dir = t.testdir({ 'mine.bpf.c': OBJECT });
const object = { name: 'mine', label: 'mine.bpf.c', path: join(dir, 'mine.bpf.c'), cflags: [], dir };
/** Compiled once for all tests. */
const objects = indexPrograms({ objects: [object] }, { arch: 'amd64', cacheDir: join(dir, 'cache') });

/** Runs steps against an agent that answers everything, as a kernel would that refuses nothing. */
async function stepped(steps: string): Promise<Requests> {
  const index = await objects;
  const requests: Requests = [];
  const guest = {
    hello: { cpus_possible: [0, 1] },
    call: async (op: string, args: Readonly<Record<string, unknown>>) => {
      // Without the arguments that are absent.
      requests.push(JSON.parse(JSON.stringify({ op, ...args })) as Requests[number]);
      const mode = args['mode'] === 'generic' ? 'generic' : 'native';
      return { id: requests.length, link: 7, mode, status: 0, stdout: '', stderr: '' };
    },
  } as unknown as StepGuest;
  const text = `title: t\nsource: s\ntopology: veth\nobjects: [mine.bpf.c]\nsetup:\n${steps}\nexpect: ['sent == 0']\n`;
  const [variant] = scenarioOf(text).variants;
  await runSteps(new StepContext(guest, index, 'veth'), variant?.setup ?? []);
  return requests;
}

function attached(requests: Requests): Requests {
  return requests.flatMap(({ op, program, ...rest }) =>
    /^(?:link_|attach$|detach$|exec$)/.test(op) && program !== null ? [{ op, ...rest }] : [],
  );
}

t.test('each place becomes its request', async t => {
  const cases: readonly (readonly [string, object])[] = [
    ['program: main_xdp, to: rx, mode: native', { op: 'attach', dev: 'rx', mode: 'native' }],
    [
      'program: main_xdp, to: rx, mode: generic, link: true',
      { op: 'link_attach', kind: 'xdp', dev: 'rx', mode: 'generic' },
    ],
    ['program: out, tc: rx', { op: 'link_attach', kind: 'tc', dev: 'rx', attach_type: 'tcx_egress' }],
    [
      'program: out, tc: { device: lo, direction: ingress, priority: 7 }',
      { op: 'link_attach', kind: 'tc', dev: 'lo', attach_type: 'tcx_ingress', priority: 7 },
    ],
    ['program: out, tcx: tx', { op: 'link_attach', kind: 'to_device', dev: 'tx', attach_type: 'tcx_egress' }],
    [
      'program: out, tcx: { device: tx, before: true }',
      { op: 'link_attach', kind: 'to_device', dev: 'tx', attach_type: 'tcx_egress', order: 'before' },
    ],
    [
      'program: peer, netkit: nk0',
      { op: 'link_attach', kind: 'to_device', dev: 'nk0', attach_type: 'netkit_peer' },
    ],
    [
      'program: out, netkit: nk0',
      { op: 'link_attach', kind: 'to_device', dev: 'nk0', attach_type: 'netkit_primary' },
    ],
    [
      'program: ops, cgroup: /x',
      { op: 'link_attach', kind: 'cgroup', path: '/x', attach_type: 'cgroup_sock_ops' },
    ],
    [
      'program: msg, sockmap: socks',
      { op: 'link_attach', kind: 'sockmap', map: 'socks', attach_type: 'sk_msg_verdict' },
    ],
    ['program: look, netns: true', { op: 'link_attach', kind: 'netns', attach_type: 'sk_lookup' }],
    [
      'program: look, netns: /run/netns/a',
      { op: 'link_attach', kind: 'netns', path: '/run/netns/a', attach_type: 'sk_lookup' },
    ],
    [
      'program: nf, netfilter: { family: ipv6, hook: local_out }',
      { op: 'link_attach', kind: 'netfilter', family: 10, hook: 3, priority: 10 },
    ],
    [
      'program: list, iterator: /sys/fs/bpf/l',
      { op: 'link_attach', kind: 'iterator', path: '/sys/fs/bpf/l' },
    ],
    ['program: on_open', { op: 'link_attach', kind: 'section' }],
    ['program: clock, perf_event: {}', { op: 'link_attach', kind: 'perf_event', frequency: 99 }],
  ];
  for (const [args, request] of cases) {
    const [made] = attached(await stepped(`  - attach: { ${args}, counted: false }`));
    t.same({ ...made, name: undefined }, { ...request, name: undefined }, args);
  }
});

t.test('libbpf attaches only what it has open', async t => {
  const requests = await stepped(
    '  - attach: { program: on_open }\n  - attach: { program: clock, perf_event: {} }',
  );
  t.same(
    requests.filter(({ op }) => op === 'load').map(({ keep_open }) => keep_open),
    [true, undefined],
  );
});

t.test('XDP with flags, over a program that is expected, and in a link that is there', async t => {
  const first =
    '  - attach: { program: main_xdp, to: rx, mode: native, link: true, name: first, counted: false }\n';
  const other = 'program: main_xdp, to: rx, counted: false';
  const cases: readonly (readonly [string, object])[] = [
    [`attach: { ${other}, mode: default }`, { op: 'attach', dev: 'rx', mode: 'default' }],
    [
      `attach: { ${other}, mode: native, flags: [update_if_noexist, skb_mode] }`,
      { op: 'attach', dev: 'rx', mode: 'native', flags: 3 },
    ],
    [`attach: { ${other}, mode: native, flags: 32 }`, { op: 'attach', dev: 'rx', mode: 'native', flags: 32 }],
    [
      `attach: { ${other}, mode: native, link: true, flags: [replace] }`,
      { op: 'link_attach', kind: 'xdp', dev: 'rx', mode: 'native', flags: 16 },
    ],
    [`attach: { ${other}, mode: native, link: first }`, { op: 'link_update' }],
    [`detach: { from: rx, mode: native }`, { op: 'detach', dev: 'rx', mode: 'native' }],
  ];
  for (const [step, request] of cases) {
    const made = attached(await stepped(`${first}  - ${step}`)).at(-1);
    t.same({ ...made, name: undefined }, { ...request, name: undefined }, step);
  }
  const expecting = await stepped(`  - attach: { ${other}, mode: native, expected: main_xdp }`);
  const [load, attach] = [expecting.find(({ op }) => op === 'load'), expecting.at(-1)];
  t.equal(attach?.['expected'], load?.['name'], 'the program that is there, by its handle');
  const refused: readonly (readonly [string, RegExp])[] = [
    [`attach: { ${other}, mode: default, link: true }`, /a link has a mode/],
    [`attach: { ${other}, mode: native, link: true, expected: main_xdp }`, /`expected` is for netlink/],
    [`attach: { ${other}, mode: native, link: first, flags: [replace] }`, /takes no `flags`/],
    [`attach: { ${other}, mode: native, link: other }`, /nothing is attached as `other`/],
    ['attach: { program: out, tc: rx, flags: 1 }', /`flags` is for XDP programs/],
  ];
  for (const [step, message] of refused) await t.rejects(stepped(`${first}  - ${step}`), { message }, step);
  const netlink = `  - attach: { ${other}, mode: native, name: first }\n`;
  await t.rejects(stepped(`${netlink}  - attach: { ${other}, mode: native, link: first }`), {
    code: 'scenario',
    message: '`first` is attached by netlink: it is no link',
  });
});

t.test('an EXT program: its target belongs to its load, and its place is taken once', async t => {
  const requests = await stepped(`  - load: { program: main_xdp }
  - load: { program: steer, type: ext }
  - attach: { program: anywhere, replaces: mine.main_xdp.slot }`);
  const [main, steer, anywhere] = requests.filter(({ op }) => op === 'load');
  const target = { program: main?.['name'], function: 'slot' };
  t.same(steer?.['targets'], { steer: target });
  t.same(anywhere?.['targets'], { anywhere: target });
  const links = requests.filter(({ op }) => op === 'link_attach');
  t.same(
    links.map(({ kind, function: name }) => [kind, name]),
    [
      ['freplace', undefined],
      ['freplace', 'slot'],
    ],
  );
  await t.rejects(stepped('  - attach: { program: anywhere, replaces: main_xpd.slot }'), {
    code: 'scenario',
    message: /`replaces: main_xpd\.slot`: no step before has loaded a program `main_xpd`/,
  });
  await t.rejects(stepped('  - load: { program: out, replaces: main_xdp.slot }'), {
    message: /`out` \(section `tc\/egress`\) is no EXT program/,
  });
});

t.test('a program is put before or after one that a step has attached', async t => {
  const first = '  - attach: { program: out, tcx: rx, name: first }\n';
  const cases = {
    'tcx: { device: rx, before: first }': 'before',
    'netkit: { device: nk0, after: first }': 'after',
  };
  for (const [place, order] of Object.entries(cases)) {
    const requests = attached(await stepped(`${first}  - attach: { program: out, ${place}, name: second }`));
    const [one, two] = requests;
    t.same([one?.['order'], two?.['order'], two?.['relative']], [undefined, order, one?.['name']], place);
  }
  const refused: readonly (readonly [string, { code?: string; message: RegExp }])[] = [
    [
      'tcx: { device: rx, before: frist }',
      { code: 'scenario', message: /nothing is attached as `frist`.*first/ },
    ],
    ['tcx: { device: rx, before: first, after: first }', { message: /either `before` or `after`/ }],
    ['tcx: { device: rx, after: true }', { message: /tcx/ }],
  ];
  for (const [place, error] of refused)
    await t.rejects(stepped(`${first}  - attach: { program: out, ${place}, name: second }`), error, place);
  const xdp = '  - attach: { program: main_xdp, to: rx, mode: native }\n';
  await t.rejects(stepped(`${xdp}  - attach: { program: out, tcx: { device: rx, after: main_xdp } }`), {
    code: 'scenario',
    message: '`main_xdp` is attached by netlink: it is in no order',
  });
});

t.test('a route goes with its program', async t => {
  const requests = attached(
    await stepped(
      '  - attach: { program: lwt, route: { to: 10.0.0.0/8, device: rx } }\n  - detach: { program: lwt }',
    ),
  );
  t.same(
    requests.map(({ op, argv }) => [op, Array.isArray(argv) ? argv.join(' ') : '']),
    [
      ['link_attach', ''],
      ['exec', 'ip route add 10.0.0.0/8 encap bpf xmit pinned /sys/fs/bpf/route-0 dev rx'],
      ['exec', 'ip route del 10.0.0.0/8 dev rx'],
      ['link_detach', ''],
    ],
  );
});

t.test('detach undoes what was attached on a device, of a program, or under a name', async t => {
  const xdp = 'program: main_xdp, to: rx, mode: generic, counted: false';
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [xdp, 'from: rx', ['attach', 'detach']],
    [xdp, 'program: main_xdp', ['attach', 'detach']],
    [`${xdp}, link: true`, 'from: rx', ['link_attach', 'link_detach']],
    ['program: out, tc: rx, name: mine', 'name: mine', ['link_attach', 'link_detach']],
  ];
  for (const [attach, detach, ops] of cases) {
    const requests = attached(await stepped(`  - attach: { ${attach} }\n  - detach: { ${detach} }`));
    t.same(
      requests.map(({ op }) => op),
      ops,
      attach,
    );
    t.equal(requests.at(-1)?.['mode'], ops[1] === 'detach' ? 'generic' : undefined);
  }
  await t.rejects(stepped('  - attach: { program: out, tc: rx }\n  - detach: { program: msg }'), {
    code: 'scenario',
    message: 'nothing is attached as `msg` (attached are out)',
  });
});

t.test('one place for each step, and what belongs to it', async t => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['program: out, tc: rx, tcx: rx', /one place; this step has tc and tcx/],
    ['to: rx, mode: native', /`program` is missing/],
    ['program: main_xdp, to: rx', /`mode` is missing/],
    ['program: out, tc: rx, mode: native', /`mode` is for XDP programs/],
    ['program: out, struct_ops: x', /leave out `program`/],
    ['program: out, tc: a-name-that-is-too-long', /tc/],
    ['program: out, cgroup: relative', /cgroup/],
    ['program: clock, perf_event: { frequency: 100000 }', /frequency/],
  ];
  for (const [args, message] of cases) await t.rejects(stepped(`  - attach: { ${args} }`), { message }, args);
});
