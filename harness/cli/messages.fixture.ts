import { tinyElf } from '../kernel/testing.ts';

type Files = Readonly<Record<string, string | Buffer>>;

/** Something that people type wrong, and what the program must say. */
export interface Mistake {
  readonly name: string;
  /** Files of the project, by their paths. */
  readonly files?: Files;
  readonly args: readonly string[];
  /** Exit code; 2 if it is left out. */
  readonly code?: number;
  /** Where the mistake is. */
  readonly place?: string;
  /** What to do, or what there is. */
  readonly remedy: string | readonly string[];
}

const SCENARIO = `title: Every packet is redirected
source: kernel/bpf/cpumap.c
topology: veth
setup:
  - cpumap: { name: cpus, entries: { 2: { qsize: 8192 } } }
  - attach: { program: redirect_to_cpu, config: { cpu: 2 }, to: rx, mode: native }
traffic:
  - pktgen: { on: tx, count: 1000 }
expect:
  - sent == 1000
`;

const AXES = 'axes: { mode: [native, generic] }\n';
const RUN = ['run', 'x.yaml', '--list'];

/** A scenario in which one text is another. */
function scenario(
  name: string,
  [from, to]: readonly [string, string],
  place: string,
  remedy: Mistake['remedy'],
): Mistake {
  if (!SCENARIO.includes(from)) throw new Error(`${name}: the scenario has no ${from}`);
  return { name, files: { 'x.yaml': SCENARIO.replace(from, to) }, args: RUN, place, remedy };
}

/** A scenario with more at its end. */
function longer(name: string, more: string, place: string, remedy: Mistake['remedy']): Mistake {
  return { name, files: { 'x.yaml': SCENARIO + more }, args: RUN, place, remedy };
}

/** A command line, with a scenario that is right. */
function line(name: string, args: readonly string[], remedy: Mistake['remedy'], place?: string): Mistake {
  const files = { 'x.yaml': SCENARIO + AXES };
  return { name, files, args, remedy, ...(place !== undefined && { place }) };
}

/** A kernel, which is looked at before anything boots: the cell is `infra`. */
function kernel(name: string, files: Files, spec: string, remedy: Mistake['remedy']): Mistake {
  return {
    name,
    files: { 'x.yaml': SCENARIO, ...files },
    args: ['run', 'x.yaml', '--kernel', spec, '--accel', 'tcg'],
    code: 3,
    place: spec.replace(/^\w+:/, ''),
    remedy,
  };
}

/** Objects are compared with the steps before a guest boots: the cell is `error`. */
function object(name: string, text: string, files: Files, place: string, remedy: Mistake['remedy']): Mistake {
  return {
    name,
    files: { 'x.yaml': text, vmlinux: tinyElf(), ...files },
    args: ['run', 'x.yaml', '--kernel', 'path:vmlinux', '--accel', 'tcg'],
    code: 3,
    place,
    remedy,
  };
}

/** The ar header of every Debian package, and the magic of every RPM package. */
const DEB = '!<arch>\ndebian-binary   1700000000  0     0     100644  4         `\n2.0\n';

const RPM = Buffer.from('edabeedb0300', 'hex');

const OWN = `title: A program of one's own
source: fw.bpf.c
objects: [./fw.bpf.c]
topology: veth
setup:
  - attach: { program: filter, to: rx, mode: native }
traffic:
  - pktgen: { on: tx, count: 10 }
expect:
  - sent == 10
`;
const PROGRAM = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __type(key, __u32); __type(value, __u32); } blocklist SEC(".maps");
SEC("xdp") int filter(struct xdp_md *ctx) { __u32 key = 0; return bpf_map_lookup_elem(&blocklist, &key) ? XDP_DROP : XDP_PASS; }
char _license[] SEC("license") = "GPL";
`;

/** Pure data: each row is called once. */
export const MISTAKES: readonly Mistake[] = [
  // The text of a scenario.
  scenario('a tab in YAML', ['  - sent', '\t- sent'], 'x.yaml:10:1', 'write spaces'),
  scenario(
    'one equals sign',
    ['sent == 1000', 'sent = 1000'],
    'x.yaml:10:10',
    'a comparison is written `==`',
  ),
  scenario(
    'no expect',
    ['expect:\n  - sent == 1000\n', ''],
    'x.yaml:1:1',
    'missing key `expect`: CEL expressions',
  ),
  scenario('a key that there is not', ['traffic:', 'trafic:'], 'x.yaml:7:1', 'did you mean `traffic`?'),
  scenario('a step that there is not', ['pktgen:', 'pktgn:'], 'x.yaml:8:5', 'did you mean `pktgen`?'),
  scenario(
    'an argument that a step does not have',
    ['count: 1000', 'cuont: 1000'],
    'x.yaml:8:23',
    'did you mean `count`?',
  ),
  scenario(
    'a counter that there is not',
    ['sent == 1000', 'kthread.drps == 0'],
    'x.yaml:10:5',
    'did you mean `drops`?',
  ),
  scenario(
    'a step that has no result',
    [
      '- pktgen: { on: tx, count: 1000 }\nexpect:',
      '- pktgen: { on: tx, count: 1000 }\n    as: gen\nexpect:\n  - gen.errno == "OK"\n  - pcap.sent == 1',
    ],
    'x.yaml:12:5',
    'the steps with `as` are gen',
  ),
  scenario(
    'an axis that there is not',
    ['mode: native', 'mode: $mod'],
    'x.yaml:6:75',
    'no axis is called `$mod`',
  ),
  scenario('a key twice', ['topology: veth', 'title: again'], 'x.yaml:3:1', 'leave out one of the two'),
  scenario('an expectation that cannot fail', ['sent == 1000', 'sent >= 0'], 'x.yaml:10:5', 'can never fail'),
  scenario(
    'a topology that there is not',
    ['topology: veth', 'topology: vet'],
    'x.yaml:3:11',
    'did you mean `veth`?',
  ),
  longer(
    'a feature that there is not',
    'requires: [cpumap-progam]\n',
    'x.yaml:11:12',
    'did you mean `cpumap-program`?',
  ),
  longer('an unquoted series', 'kernels: 6.10\nbecause: x\n', 'x.yaml:11:10', 'quote it, "6.10"'),
  longer('a range that is none', "kernels: '=>6.1'\nbecause: x\n", 'x.yaml:11:10', 'such as ">=5.15 <7.0"'),
  longer('kernels without a reason', "kernels: '>=6.1'\n", 'x.yaml:11:1', '`kernels` needs `because`'),
  longer(
    'a known failure without a reason',
    "known:\n  - { kernels: '<6.1', fails: [sent == 1000], expect: { sent: 999 } }\n",
    'x.yaml:12:5',
    'missing key `reason`: one sentence, with the upstream commit',
  ),
  longer(
    'a known failure of no expectation',
    "known:\n  - { kernels: '<6.1', reason: x, fails: [sent == 100], expect: { sent: 999 } }\n",
    'x.yaml:12:',
    'did you mean `sent == 1000`?',
  ),

  // The command line.
  line('a command that there is not', ['rnu', 'x.yaml'], 'Did you mean run?', "unknown command 'rnu'"),
  line(
    'an option that there is not',
    ['run', 'x.yaml', '--kernle', '6.1'],
    'Did you mean --kernel?',
    '--kernle',
  ),
  line(
    'a command of kernels that there is not',
    ['kernels', 'lst'],
    'did you mean `list`?',
    "no command 'lst'",
  ),
  line(
    'a kernel that is not in the catalogue',
    [...RUN, '--kernel', '6.10'],
    'nearest are 6.12 and 6.16',
    'kernel 6.10',
  ),
  line('a kernel by a word', [...RUN, '--kernel', 'latest'], 'series are 5.10,', 'kernel latest'),
  line(
    'a source of kernels that there is not',
    [...RUN, '--kernel', 'pth:vmlinuz'],
    'did you mean `path:`?',
    'pth:vmlinuz',
  ),
  line(
    'a package that there is not',
    [...RUN, '--kernel', 'deb:linux.deb'],
    'no such file or folder',
    'kernel deb:linux.deb',
  ),
  line(
    'a pattern of packages that matches nothing',
    [...RUN, '--kernel', 'rpm:kernels/*.rpm'],
    'no file matches',
    'kernel rpm:kernels/*.rpm',
  ),
  line('a file that is no package', [...RUN, '--kernel', 'deb:x.yaml'], 'is not a Debian package', 'x.yaml'),
  {
    ...line(
      'a package of the other format',
      [...RUN, '--kernel', 'deb:linux.rpm'],
      'is an RPM package: name it rpm:',
      'linux.rpm',
    ),
    files: { 'x.yaml': SCENARIO, 'linux.rpm': RPM },
  },
  {
    ...line(
      'a package that ends too early',
      [...RUN, '--kernel', 'rpm:linux.rpm'],
      'it ends within its headers',
      'linux.rpm',
    ),
    files: { 'x.yaml': SCENARIO, 'linux.rpm': RPM },
  },
  line(
    'a flavour that there is not',
    [...RUN, '--kernel', '6.1-could'],
    'did you mean `cloud`?',
    'kernel 6.1-could',
  ),
  line(
    'a suite that there is not',
    [...RUN, '--kernel', 'debian:trixe/6.12'],
    'did you mean `trixie`?',
    'debian:trixe/6.12',
  ),
  line('a reporter that there is not', [...RUN, '--reporter', 'junti'], 'did you mean `junit`?', "'junti'"),
  line('an accelerator that there is not', [...RUN, '--accel', 'kmv'], 'did you mean `kvm`?', "'kmv'"),
  line(
    'an axis for --variant that there is not',
    [...RUN, '--variant', 'mdoe=native'],
    'did you mean `mode`?; axes are mode',
    "'mdoe'",
  ),
  line(
    'a value for --variant that there is not',
    [...RUN, '--variant', 'mode=nativ'],
    'did you mean `native`?; it has native, generic',
    "'nativ'",
  ),
  line('a variant without a value', [...RUN, '--variant', 'native'], 'must be AXIS=VALUE', "'native'"),
  line('a file that there is not', ['run', 'y.yaml'], 'did you mean `x.yaml`?', 'y.yaml'),
  line('a shard of no whole', [...RUN, '--shard', '4/3'], 'such as 1/3', "'4/3'"),
  line(
    '--verdict-later without a shard',
    ['run', 'x.yaml', '--verdict-later'],
    'such as --shard 1/3',
    '--verdict-later',
  ),
  line('no job at all', [...RUN, '--jobs', '0'], 'a whole number from 1', "'0'"),
  line(
    'a word without a meaning',
    ['explain', 'kthread.drop'],
    'did you mean `kthread.drops`?',
    'kthread.drop',
  ),
  line('a kind of words that there is not', ['list', 'step'], 'did you mean `steps`?', "'step'"),
  line('a run that there is not', ['report', 'nowhere'], 'such as results/latest', 'nowhere'),
  line('no earlier run', [...RUN, '--last-failed'], 'there is no last run', '--last-failed'),
  line('no objects', ['load'], "missing required argument 'objects'"),
  {
    ...line('a program for run', ['run', 'x.bpf.c'], '`load` takes objects', 'x.bpf.c'),
    files: { 'x.bpf.c': '' },
  },
  { ...line('an object that there is not', ['load', 'y.o'], 'no such file', 'y.o') },
  {
    ...line(
      'a folder that has a run',
      ['run', 'x.yaml', '--kernel', 'path:none', '--out', 'out'],
      'another folder with --out',
      'out',
    ),
    files: { 'x.yaml': SCENARIO, 'out/events.jsonl': '' },
  },
  {
    name: 'init in a folder with files',
    files: { 'x.c': '' },
    args: ['init', '.'],
    place: 'init .',
    remedy: 'name a new one',
  },

  // Projects.
  {
    name: 'a setting that there is not',
    files: { 'bpfrig.yaml': 'suite: [tests]\n' },
    args: ['run'],
    place: 'bpfrig.yaml:1:1',
    remedy: 'did you mean `suites`?',
  },
  {
    name: 'a setting of another type',
    files: { 'bpfrig.yaml': 'jobs: many\n' },
    args: ['run'],
    place: 'bpfrig.yaml:1:7',
    remedy: 'expected number',
  },
  {
    name: 'a suite without scenarios',
    files: { 'bpfrig.yaml': 'suites: [tests]\n', 'tests/a.txt': '' },
    args: ['run'],
    place: 'tests',
    remedy: 'must be *.yaml below it',
  },
  {
    name: 'a mirror without an address',
    files: { 'bpfrig.yaml': 'mirror: { debian: nowhere }\n' },
    args: ['run'],
    place: 'bpfrig.yaml:1:19',
    remedy: 'invalid URL',
  },

  // Kernels of one's own.
  kernel('no kernel at all', {}, 'path:nowhere', 'no such file or folder'),
  kernel('a Debian package', { 'linux.deb': DEB }, 'path:linux.deb', 'name it deb:FILE'),
  kernel('an RPM package', { 'linux.rpm': RPM }, 'path:linux.rpm', 'name it rpm:FILE'),
  kernel('a folder without a kernel', { 'boot/README': '' }, 'path:boot', 'looked for boot/vmlinuz*'),
  kernel('a folder with packages', { 'debs/linux-image.deb': DEB }, 'path:debs', [
    'it has packages: deb:',
    'takes the kernels in them',
  ]),
  kernel(
    'a tree that is not built',
    { 'linux/Kconfig': '', 'linux/Makefile': '' },
    'path:linux',
    'let tree:',
  ),
  kernel(
    'a tree without a configuration',
    { 'linux/Kconfig': '', 'linux/Makefile': '' },
    'tree:linux',
    'create one, for example with `make tinyconfig`',
  ),
  kernel('a tree that is none', { 'linux/README': '' }, 'tree:linux', 'Makefile or Kconfig is missing'),
  kernel(
    'a kernel without drivers',
    { 'k/vmlinux': tinyElf(), 'k/.config': 'CONFIG_64BIT=y\nCONFIG_VIRTIO_PCI=y\nCONFIG_VETH=m\n' },
    'path:k',
    ['cannot serve; missing: ', 'CONFIG_VIRTIO_CONSOLE=n (the channel to the agent)', 'drivers as y'],
  ),

  // Objects.
  object(
    'a program that the object does not have',
    OWN.replace('program: filter', 'program: fliter'),
    { 'fw.bpf.c': PROGRAM },
    'line 6',
    'did you mean `filter`?',
  ),
  object(
    'a map that no object has',
    OWN.replace('setup:\n', 'setup:\n  - update: { map: blokclist, key: 1, value: 1 }\n'),
    { 'fw.bpf.c': PROGRAM },
    'line 6',
    'did you mean `blocklist`?',
  ),
  object(
    'a program that does not compile',
    OWN,
    { 'fw.bpf.c': PROGRAM.replace('XDP_PASS;', 'XDP_PASS') },
    'fw.bpf.c:4:',
    "expected ';'",
  ),
  object('a source that there is not', OWN, {}, 'fw.bpf.c', 'no such BPF source'),
];
