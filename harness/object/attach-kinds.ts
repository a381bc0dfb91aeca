import type { FeatureName } from '../kernel/features.ts';

/**
 * Where programs can be attached: one row for each place. Everything about attaching is derived from it: the keys of step `attach`, messages,
 * docs/attach.md.
 */
export interface AttachKind {
  /** What messages call a program that belongs there, with its article. */
  readonly program: string;
  /** As a step writes it. */
  readonly usage: string;
  /** The kind of the agent's `link_attach`; null: another op. */
  readonly agent: AgentKind | null;
  /** System call or netlink message that attaches it. */
  readonly how: string;
  /** What detaches it, other than the end of the session. */
  readonly detach: string;
  /** First upstream release that has it, in this form. */
  readonly since: string;
  /** What bpfrig counts of it. */
  readonly observed: string;
  /** The key of step `attach` that names the place; null: the section does. */
  readonly key: PlaceKey | null;
  /** What a kernel must be built with, besides what every program needs: a scenario need not state it. Absent: nothing. */
  readonly requires?: readonly FeatureName[];
}

/** Kinds of the agent's `link_attach`: images/agent/bpf/link_kinds.c. */
export const AGENT_KINDS = [
  'section',
  'xdp',
  'tc',
  'to_device',
  'cgroup',
  'netns',
  'sockmap',
  'freplace',
  'netfilter',
  'iterator',
  'uprobe',
  'perf_event',
  'struct_ops',
  'pin',
] as const;

type AgentKind = (typeof AGENT_KINDS)[number];

/** Keys of step `attach` that name a place. */
export const PLACE_KEYS = [
  'to',
  'tc',
  'tcx',
  'netkit',
  'cgroup',
  'netns',
  'sockmap',
  'replaces',
  'netfilter',
  'iterator',
  'uprobe',
  'perf_event',
  'route',
  'struct_ops',
] as const;

/** A key of step `attach` that names a place. */
export type PlaceKey = (typeof PLACE_KEYS)[number];

const LINK = 'bpf(BPF_LINK_CREATE)';
const CLOSED = 'the link is closed';
/** A program that writes down what it saw is its own witness. */
const OWN = 'its own maps and globals';

const TABLE = {
  xdp: {
    key: 'to',
    program: 'an XDP program',
    usage: '`to: rx` and a `mode`',
    agent: 'xdp',
    how: `netlink(IFLA_XDP); with \`link: true\` ${LINK}`,
    detach: 'netlink(IFLA_XDP) without a program, or the link is closed',
    since: '4.8; links 5.9',
    observed: 'actions, the ledger, its own maps and globals',
  },
  tc: {
    key: 'tc',
    program: 'a tc program',
    usage: '`tc: rx`',
    agent: 'tc',
    how: 'netlink(RTM_NEWTFILTER), direct action on clsact, after bpfrig’s own classifier',
    detach: 'netlink(RTM_DELTFILTER)',
    since: '4.5',
    observed: OWN,
  },
  tcx: {
    key: 'tcx',
    program: 'a tc program',
    usage: '`tcx: rx`',
    agent: 'to_device',
    how: `${LINK} with BPF_TCX_INGRESS or BPF_TCX_EGRESS, before everything on clsact; \`before\` is BPF_F_BEFORE, \`after\` BPF_F_AFTER`,
    detach: CLOSED,
    since: '6.6',
    observed: OWN,
  },
  netkit: {
    key: 'netkit',
    program: 'a netkit program',
    usage: '`netkit: nk0`',
    agent: 'to_device',
    how: `${LINK} with BPF_NETKIT_PRIMARY or BPF_NETKIT_PEER`,
    detach: CLOSED,
    since: '6.7',
    observed: OWN,
  },
  cgroup: {
    key: 'cgroup',
    program: 'a cgroup program',
    usage: '`cgroup: /NAME`',
    agent: 'cgroup',
    how: `${LINK} on a cgroup of version 2, which is made on demand`,
    detach: CLOSED,
    since: '5.7; lsm_cgroup 6.0',
    observed: OWN,
    requires: ['cgroup-bpf'],
  },
  netns: {
    key: 'netns',
    program: 'a program of a network namespace',
    usage: '`netns: true`',
    agent: 'netns',
    how: `${LINK} on a network namespace`,
    detach: CLOSED,
    since: '5.8; sk_lookup 5.9',
    observed: OWN,
    requires: ['net-ns'],
  },
  sockmap: {
    key: 'sockmap',
    program: 'a sockmap program',
    usage: '`sockmap: MAP`',
    agent: 'sockmap',
    how: 'bpf(BPF_PROG_ATTACH) on a SOCKMAP or SOCKHASH',
    detach: 'bpf(BPF_PROG_DETACH)',
    since: '4.17; sk_skb/verdict 5.13',
    observed: OWN,
    requires: ['sockmap'],
  },
  freplace: {
    key: 'replaces',
    program: 'an EXT program',
    usage: '`replaces: PROGRAM.FUNCTION`',
    agent: 'freplace',
    how: `${LINK} on a function of a loaded program`,
    detach: CLOSED,
    since: '5.6',
    observed: 'what the program that it is part of is observed by',
    requires: ['bpf-jit', 'btf'],
  },
  netfilter: {
    key: 'netfilter',
    program: 'a netfilter program',
    usage: '`netfilter: { family: ipv4, hook: local_in, priority: 10 }`',
    agent: 'netfilter',
    how: `${LINK} with BPF_NETFILTER`,
    detach: CLOSED,
    since: '6.4',
    observed: OWN,
  },
  iterator: {
    key: 'iterator',
    program: 'an iterator',
    usage: '`iterator: /sys/fs/bpf/NAME`',
    agent: 'iterator',
    how: `${LINK} with BPF_TRACE_ITER, pinned: reading the file runs the program`,
    detach: 'the file is removed and the link closed',
    since: '5.8',
    observed: 'what reading it returns; its own maps and globals',
    requires: ['btf'],
  },
  uprobe: {
    key: null,
    program: 'a uprobe program',
    usage: 'its section alone: `uprobe/FILE:FUNCTION`',
    agent: 'section',
    how: 'perf_event_open of the uprobe PMU',
    detach: 'the event is closed',
    since: '4.17',
    observed: OWN,
    requires: ['uprobes'],
  },
  'uprobe.multi': {
    key: null,
    program: 'a uprobe.multi program',
    usage: 'its section alone: `uprobe.multi/FILE:PATTERN`',
    agent: 'section',
    how: `${LINK} with BPF_TRACE_UPROBE_MULTI`,
    detach: CLOSED,
    since: '6.6; uprobe.session 6.13',
    observed: OWN,
    requires: ['uprobes'],
  },
  usdt: {
    key: null,
    program: 'a USDT program',
    usage: 'its section alone: `usdt/FILE:PROVIDER:NAME`',
    agent: 'section',
    how: `perf_event_open of the uprobe PMU for each place of the probe; since 6.6 ${LINK} with BPF_TRACE_UPROBE_MULTI`,
    detach: 'the events or the link are closed',
    since: '4.17; probes with a semaphore 4.20',
    observed: OWN,
    requires: ['uprobes'],
  },
  'uprobe-at': {
    key: 'uprobe',
    program: 'a uprobe program',
    usage: '`uprobe: { path: FILE, function: NAME }`',
    agent: 'uprobe',
    how: 'perf_event_open of the uprobe PMU',
    detach: 'the event is closed',
    since: '4.17',
    observed: OWN,
    requires: ['uprobes'],
  },
  perf_event: {
    key: 'perf_event',
    program: 'a perf_event program',
    usage: '`perf_event: { frequency: 99 }`',
    agent: 'perf_event',
    how: 'perf_event_open of the CPU clock on each CPU, ioctl(PERF_EVENT_IOC_SET_BPF)',
    detach: 'the events are closed',
    since: '4.9',
    observed: OWN,
  },
  lwt: {
    key: 'route',
    program: 'a lightweight tunnel’s program',
    usage: '`route: { to: 198.18.9.0/24, device: rx }`',
    agent: 'pin',
    how: 'netlink(RTM_NEWROUTE) with LWTUNNEL_ENCAP_BPF, by `ip route`; lwt_seg6local with LWTUNNEL_ENCAP_SEG6_LOCAL, action End.BPF',
    detach: 'netlink(RTM_DELROUTE)',
    since: '4.10; lwt_seg6local 4.18',
    observed: OWN,
    requires: ['lwt-bpf'],
  },
  struct_ops: {
    key: 'struct_ops',
    program: 'a function of a struct_ops map',
    usage: '`struct_ops: MAP`, without `program`, after `load: { object }`',
    agent: 'struct_ops',
    how: 'bpf(BPF_MAP_UPDATE_ELEM) of the map; a section `.struct_ops.link` is a link',
    detach: 'bpf(BPF_MAP_DELETE_ELEM), or the link is closed',
    since: '5.6; links 6.4',
    observed: OWN,
    requires: ['bpf-jit', 'btf'],
  },
  kprobe: {
    key: null,
    program: 'a kprobe program',
    usage: 'its section alone: `kprobe/FUNCTION`',
    agent: 'section',
    how: 'perf_event_open of the kprobe PMU',
    detach: 'the event is closed',
    since: '4.17',
    observed: OWN,
    requires: ['kprobes'],
  },
  'kprobe.multi': {
    key: null,
    program: 'a kprobe.multi program',
    usage: 'its section alone: `kprobe.multi/PATTERN`',
    agent: 'section',
    how: `${LINK} with BPF_TRACE_KPROBE_MULTI`,
    detach: CLOSED,
    since: '5.18; kprobe.session 6.10',
    observed: OWN,
  },
  tracepoint: {
    key: null,
    program: 'a tracepoint program',
    usage: 'its section alone: `tracepoint/GROUP/NAME`',
    agent: 'section',
    how: 'perf_event_open of the tracepoint',
    detach: 'the event is closed',
    since: '4.7',
    observed: OWN,
  },
  raw_tracepoint: {
    key: null,
    program: 'a raw tracepoint program',
    usage: 'its section alone: `raw_tracepoint/NAME`',
    agent: 'section',
    how: 'bpf(BPF_RAW_TRACEPOINT_OPEN)',
    detach: CLOSED,
    since: '4.17',
    observed: OWN,
  },
  tracing: {
    key: null,
    program: 'a tracing program',
    usage: 'its section alone: `fentry/FUNCTION`',
    agent: 'section',
    how: `${LINK}, or bpf(BPF_RAW_TRACEPOINT_OPEN) before 5.19: fentry, fexit, fmod_ret, tp_btf`,
    detach: CLOSED,
    since: '5.5; fmod_ret 5.7',
    observed: OWN,
    requires: ['btf'],
  },
  lsm: {
    key: null,
    program: 'an LSM program',
    usage: 'its section alone: `lsm/HOOK`',
    agent: 'section',
    how: `${LINK}, or bpf(BPF_RAW_TRACEPOINT_OPEN) before 5.19; called where the list of LSMs has bpf`,
    detach: CLOSED,
    since: '5.7',
    observed: OWN,
    requires: ['bpf-lsm', 'bpf-jit', 'btf'],
  },
  'map-entry': {
    key: null,
    program: 'a program of a map’s entry',
    usage: 'step `cpumap` or `update` with `program`',
    agent: null,
    how: 'bpf(BPF_MAP_UPDATE_ELEM) of a cpumap or devmap',
    detach: 'the entry is deleted or updated',
    since: '5.8; cpumap 5.9',
    observed: 'actions, the ledger, its own maps and globals',
  },
  socket: {
    key: null,
    program: 'a socket’s program',
    usage: 'setsockopt(SO_ATTACH_BPF) of a program of yours, which step `exec` runs',
    agent: null,
    how: 'setsockopt(SO_ATTACH_BPF)',
    detach: 'the socket is closed',
    since: '3.19',
    observed: OWN,
  },
  syscall: {
    key: null,
    program: 'a syscall program',
    usage: 'step `test_run`: it is only ever run',
    agent: null,
    how: 'bpf(BPF_PROG_RUN)',
    detach: 'nothing is attached',
    since: '5.14',
    observed: OWN,
  },
} as const satisfies Readonly<Record<string, AttachKind>>;

/** The name of a place where programs can be attached. */
export type AttachKindName = keyof typeof TABLE;

/** Every place where programs can be attached. */
export const ATTACH_KINDS: Readonly<Record<AttachKindName, AttachKind>> = TABLE;
