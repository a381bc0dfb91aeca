import t from 'tap';
import { parseScenario, problemLines } from './parse.ts';
import { yamlSource } from './places.ts';
import { NAMES } from './vocabulary.fixture.ts';

const FILE = { name: 's', file: 's.yaml', path: '/scenarios/s.yaml' };

function parse(guest: string, more = '') {
  const text = `title: t\nsource: s\ntopology: veth\nguest: ${guest}\n${more}expect: [sent == 0]\n`;
  return parseScenario(yamlSource(text), FILE, NAMES);
}

function additionsOf(guest: string, more = '') {
  const { scenario, problems } = parse(guest, more);
  if (scenario === null) throw new Error(problemLines('s.yaml', problems).join('\n'));
  return scenario.variants.map(variant => variant.guest.additions);
}

t.test('a guest without additions has none, whatever its size', async t => {
  const { scenario } = parse('{ cpus: 2, append: "", modules: [], numa: 1 }');
  t.strictSame(scenario?.variants[0]?.guest, { cpus: 2, memoryMiB: 512, queues: 1 });
});

t.test('what a scenario adds, with absolute paths', async t => {
  const guest = `
  append: threadirqs  slab_debug
  modules: [8021q, bonding max_bonds=2, 8021q]
  programs: [bpftool, ./client, ../tools/gen]
  files: [./rules.json, { from: ./dir, to: /opt/x/ }, { object: fw, to: /opt/fw.o }]
  sysctls: { net.core.somaxconn: 10, net.ipv4.ip_forward: true }
  numa: 2`;
  const [additions] = additionsOf(guest, 'objects: { fw: { source: ./bpf/fw.bpf.c, cflags: [-DX=1] } }\n');
  t.strictSame(additions, {
    append: ['threadirqs', 'slab_debug'],
    modules: ['8021q', 'bonding max_bonds=2'],
    programs: [
      { name: 'bpftool', path: null },
      { name: './client', path: '/scenarios/client' },
      { name: '../tools/gen', path: '/tools/gen' },
    ],
    files: [
      { written: './rules.json', from: '/scenarios/rules.json', to: '/root/rules.json' },
      { written: './dir', from: '/scenarios/dir', to: '/opt/x' },
      {
        written: 'fw',
        from: '/scenarios/bpf/fw.bpf.c',
        to: '/opt/fw.o',
        compile: { cflags: ['-DX=1'], dir: '/scenarios' },
      },
    ],
    sysctls: { 'net.core.somaxconn': '10', 'net.ipv4.ip_forward': '1' },
    devices: [],
    numa: 2,
  });
});

t.test('axes and `when` decide about additions as about everything else', async t => {
  const guest = `
  append: [{ use: threadirqs, when: { irqs: threads } }, isolcpus=$isolated]
  modules: [{ use: bonding, when: { irqs: hard } }]
  devices:
    - { name: x0, kind: dummy, when: { irqs: hard } }
    - { name: x0, kind: vlan, on: rx, id: $isolated, when: { irqs: threads } }`;
  const all = additionsOf(guest, 'axes: { irqs: [threads, hard], isolated: [1, 2] }\n');
  t.match(all, [
    { append: ['threadirqs', 'isolcpus=1'], modules: ['8021q'] },
    { append: ['threadirqs', 'isolcpus=2'], devices: [{ name: 'x0' }] },
    { append: ['isolcpus=1'], modules: ['bonding', 'dummy numdummies=0'] },
    { append: ['isolcpus=2'] },
  ]);
});

t.test(
  'a module that is asked for by its name alone makes no device next to those of the scenario',
  async t => {
    const bond = 'devices: [{ name: bond0, kind: bond }]';
    t.same(additionsOf(`\n  modules: [bonding]\n  ${bond}`)[0]?.modules, ['bonding max_bonds=0']);
    t.same(additionsOf(`\n  modules: [bonding max_bonds=2]\n  ${bond}`)[0]?.modules, ['bonding max_bonds=2']);
  },
);

t.test('devices become commands, in order, and bring their modules', async t => {
  const [additions] = additionsOf(`
  netns: [far]
  devices:
    - { name: rx.7, kind: vlan, on: rx, id: 7, protocol: 802.1ad, address: [10.0.0.1/24] }
    - { name: bond0, kind: bond, ports: [rx], up: false }
    - { name: ve0, kind: veth, peer: ve1, netns: far }
    - { name: tp0, kind: tap, options: [multi_queue] }`);
  const commands = additions?.devices.flatMap(device => device.commands.map(words => words.join(' ')));
  t.same(additions?.modules, ['8021q', 'bonding max_bonds=0', 'tun']);
  t.strictSame(commands, [
    'ip netns add far',
    'ip -n far link set dev lo up',
    'ip link add link rx name rx.7 type vlan protocol 802.1ad id 7',
    'ip link set dev rx.7 multicast off addrgenmode none',
    'ip addr add 10.0.0.1/24 dev rx.7',
    'ip link set dev rx.7 up',
    'ip link add name bond0 type bond mode active-backup miimon 100',
    'ip link set dev bond0 multicast off addrgenmode none',
    'ip link set dev rx down',
    'ip link set dev rx master bond0',
    'ip link set dev rx up',
    'ip link add name ve0 type veth peer name ve1',
    'ip link set dev ve0 multicast off addrgenmode none',
    'ip link set dev ve1 multicast off addrgenmode none',
    'ip link set dev ve0 netns far',
    'ip -n far link set dev ve0 up',
    'ip link set dev ve1 up',
    'ip tuntap add dev tp0 mode tap multi_queue',
    'ip link set dev tp0 multicast off addrgenmode none',
    'ip link set dev tp0 up',
  ]);
});

t.test('mistakes have a place, a remedy and the nearest name', async t => {
  const device = (keys: string): string => `{ devices: [{ name: x0, ${keys} }] }`;
  const rows: [string, RegExp][] = [
    ['{ apend: x }', /^s\.yaml:4:10: unknown key `apend`, did you mean `append`\?/],
    ['{ append: "rdinit=/bin/sh" }', /^s\.yaml:4:18: `rdinit=\/bin\/sh` cannot be set: it starts the first/],
    ['{ append: [panic=0] }', /`panic=0` cannot be set: a panic must end the guest at once/],
    ['{ append: "a\\nb" }', /printable ASCII characters only/],
    [`{ append: ${'x'.repeat(1025)} }`, /longer than 1,024 characters/],
    [`{ append: [${'y'.repeat(600)}, ${'z'.repeat(600)}] }`, /has 1,201 characters, more than 1,024/],
    ['{ modules: [../x] }', /modules\[0\]/],
    [`{ modules: [${'a,'.repeat(257)}] }`, /modules: .*256/],
    ['{ files: [{ from: ./a, to: b }] }', /files\[0\]\.to: must be an absolute path in the guest/],
    ['{ files: [{ from: ./a, to: /x/../y }] }', /without \. and \.\./],
    ['{ files: [./a/x, ./b/x] }', /two of them go to \/root\/x: state `to`/],
    ['{ files: [{ object: fw, to: /x }] }', /`objects` has no `fw`/],
    ['{ sysctls: { net..core: 1 } }', /is not a name of sysctl/],
    ['{ sysctls: { "../../etc/passwd": 1 } }', /sysctls/],
    ['{ cpus: 3, numa: 2 }', /3 CPUs cannot be divided evenly among 2 nodes/],
    [device('kind: vlann'), /`vlann` is not one of vlan, .*did you mean `vlan`\?/],
    [device('kind: vlan, id: 5'), /^s\.yaml:4:20: a vlan needs `on`/],
    [device('kind: dummy, id: 5'), /a dummy takes no `id`/],
    [device('kind: bond, ports: [rxx]'), /there is no device `rxx` before it, did you mean `rx`\?/],
    [device('kind: veth, peer: rx'), /every guest has a device `rx`/],
    [device('kind: dummy, netns: far'), /`netns` has no `far`/],
    ['{ devices: [{ name: far-too-long-a-name, kind: dummy }] }', /does not match/],
  ];
  for (const [guest, wanted] of rows) {
    const lines = problemLines('s.yaml', parse(guest).problems);
    t.match(lines[0] ?? 'no problem', wanted, guest.slice(0, 60));
  }
});

t.test('devices of rx need a topology that has it', async t => {
  const text =
    'title: t\nsource: s\nguest: { devices: [{ name: v, kind: vlan, on: rx, id: 1 }] }\nexpect: [sent == 0]\n';
  const { problems } = parseScenario(yamlSource(text), FILE, NAMES);
  t.match(problemLines('s.yaml', problems), [/^s\.yaml:3:20: there is no device `rx`: write `topology`/]);
});

t.test('a step may use a device of the guest, and no other', async t => {
  const guest =
    '{ netns: [far], devices: [{ name: v5, kind: vlan, on: rx, id: 5 }, { name: d0, kind: dummy, netns: far }] }';
  const attach = (to: string): string =>
    `setup: [{ attach: { program: xdp_pass, to: ${to}, mode: generic } }]\n`;
  t.strictSame(parse(guest, attach('v5')).problems, []);
  t.match(problemLines('s.yaml', parse(guest, attach('v6')).problems), [
    's.yaml:5:9: there is no device `v6`, did you mean `v5`?',
  ]);
  t.match(problemLines('s.yaml', parse(guest, attach('d0')).problems), [/there is no device `d0`/]);
});

t.test('a command in a network namespace that is not there', async t => {
  const { problems } = parse('{ netns: [far] }', 'setup: [{ exec: { argv: [ls], netns: fra } }]\n');
  t.match(problemLines('s.yaml', problems), [/^s\.yaml:5:9: .*has no `fra`, did you mean `far`\?/]);
});
