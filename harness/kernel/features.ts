import type { ArchName } from '../model/kernel.ts';

/** What brought a feature into the kernel. */
export interface Arrival {
  /** Upstream release that introduced it. */
  readonly since: string;
  /** Upstream versions that have it, stable backports included; see `inRange`. */
  readonly kernels: string;
  /** The upstream commit that introduced it. */
  readonly commit: string;
}

/** A kernel feature that scenarios can require. */
export interface Feature extends Arrival {
  readonly kind: 'feature';
  /** Architectures that got it in another release; absent: none. */
  readonly elsewhere?: Readonly<Partial<Record<ArchName, Arrival>>>;
  /** Name of the agent's probe for it (images/agent, `bpfrig-agent describe`); null: there is no cheap probe, the version decides. */
  readonly probe: string | null;
  /** Options without which a kernel of those versions lacks it; absent: it comes with CONFIG_BPF_SYSCALL and CONFIG_NET. */
  readonly options?: readonly string[];
}

/** A choice of whoever built the kernel. Distributions agree on it; a kernel of the user's own may differ. */
export interface Configuration {
  readonly kind: 'configuration';
  /** As in a .config. */
  readonly config: string;
  /** Options that must be on; absent: `config` says it in another way. */
  readonly options?: readonly string[];
  /** Architectures whose distributions all build it; absent: all. */
  readonly archs?: readonly ArchName[];
  /** Name of the agent's probe for it; null: only the configuration says whether a kernel has it, where that is known. */
  readonly probe: string | null;
}

const TABLE = {
  'cpumap-program': {
    kind: 'feature',
    since: '5.9',
    kernels: '>=5.9',
    commit: '9216477449f3 "bpf: cpumap: Add the possibility to attach an eBPF program to cpumap"',
    probe: 'cpumap_program',
  },
  // 5.9 to 5.14 refuse to attach a program in generic mode with EINVAL when its cpumap has 8-byte values. With 4-byte
  // values they attach it, and every redirect fails with EBADRQC.
  'generic-cpumap': {
    kind: 'feature',
    since: '5.15',
    kernels: '>=5.15',
    commit: '11941f8a8536 "bpf: cpumap: Implement generic cpumap"',
    probe: 'generic_cpumap',
  },
  // Before, attaching a program in generic mode whose devmap has 8-byte values is EINVAL.
  'generic-devmap-program': {
    kind: 'feature',
    since: '5.15',
    kernels: '>=5.15',
    commit: '2ea5eabaf04a "bpf: devmap: Implement devmap prog execution for generic XDP"',
    probe: null,
  },
  'live-frames': {
    kind: 'feature',
    since: '5.18',
    kernels: '>=5.18',
    commit: 'b530e9e1063e "bpf: Add \\"live packet\\" mode for XDP in BPF_PROG_RUN"',
    probe: 'live_frames',
  },
  'xdp-frags': {
    kind: 'feature',
    since: '5.18',
    kernels: '>=5.18',
    commit: 'c2f2cdbeffda "bpf: introduce BPF_F_XDP_HAS_FRAGS flag in prog_flags loading the ebpf program"',
    probe: 'xdp_frags',
  },
  'pktgen-unshared': {
    kind: 'feature',
    since: '6.7',
    kernels: '>=6.7',
    commit: '"pktgen: Introducing \'SHARED\' flag for testing with non-shared skb"',
    probe: 'pktgen_shared_flag',
  },
  'kthread-ready-on-update': {
    kind: 'feature',
    since: '6.5',
    kernels: '>=6.1.45 <6.2 || >=6.5',
    commit: '640a604585aa "bpf, cpumap: Make sure kthread is running before map update returns"',
    probe: null,
  },
  'update-errno': {
    kind: 'feature',
    since: '7.0',
    kernels: '>=7.0',
    commit: '48e11bad9a1f "bpf: cpumap: propagate underlying error in cpu_map_update_elem()"',
    probe: null,
  },
  'kprobe-multi': {
    kind: 'feature',
    since: '5.18',
    kernels: '>=5.18',
    commit: '0dcac2725406 "bpf: Add multi kprobe link"',
    // It is built on fprobe, which needed registers and return hooks that arm64 does not have.
    elsewhere: {
      arm64: {
        since: '6.14',
        kernels: '>=6.14',
        commit: '4346ba160409 "fprobe: Rewrite fprobe on function-graph tracer"',
      },
    },
    probe: 'kprobe_multi',
    options: ['CONFIG_FPROBE'],
  },
  'lsm-cgroup': {
    kind: 'feature',
    since: '6.0',
    kernels: '>=6.0',
    commit: '69fd337a975c "bpf: per-cgroup lsm flavor"',
    probe: null,
    options: ['CONFIG_BPF_LSM', 'CONFIG_CGROUP_BPF', 'CONFIG_DEBUG_INFO_BTF'],
  },
  'uprobe-multi': {
    kind: 'feature',
    since: '6.6',
    kernels: '>=6.6',
    commit: '89ae89f53d20 "bpf: Add multi uprobe link"',
    probe: 'uprobe_multi',
    options: ['CONFIG_UPROBE_EVENTS'],
  },
  'netfilter-link': {
    kind: 'feature',
    since: '6.4',
    kernels: '>=6.4',
    commit: '84601d6ee68a "bpf: add bpf_link support for BPF_NETFILTER programs"',
    probe: 'netfilter_link',
    options: ['CONFIG_NETFILTER_BPF_LINK'],
  },
  tcx: {
    kind: 'feature',
    since: '6.6',
    kernels: '>=6.6',
    commit: 'e420bed02507 "bpf: Add fd-based tcx multi-prog infra with link support"',
    probe: 'tcx',
    options: ['CONFIG_NET_XGRESS'],
  },
  netkit: {
    kind: 'feature',
    since: '6.7',
    kernels: '>=6.7',
    commit: '35dfaad7188c "netkit, bpf: Add bpf programmable net device"',
    probe: null,
    options: ['CONFIG_NETKIT'],
  },
  // Debian has 8192 on x86-64, 512 and before 6.12 256 on arm64, 256 on s390x, 128 on riscv64.
  'many-cpus': {
    kind: 'configuration',
    config: 'CONFIG_NR_CPUS of more than 512',
    archs: ['amd64'],
    probe: 'many_cpus',
  },
  'bpf-interpreter': {
    kind: 'configuration',
    config: 'no CONFIG_BPF_JIT_ALWAYS_ON',
    probe: 'bpf_interpreter',
  },
  // Debian builds for z10, and arch/s390/Kconfig has the JIT compiler (HAVE_EBPF_JIT) only from z196 on.
  'bpf-jit': {
    kind: 'configuration',
    config: 'CONFIG_BPF_JIT',
    options: ['CONFIG_BPF_JIT'],
    archs: ['amd64', 'arm64', 'riscv64'],
    probe: 'bpf_jit',
  },
  // Debian's 6.1 for s390x does not have it, its 6.12 does.
  btf: {
    kind: 'configuration',
    config: 'CONFIG_DEBUG_INFO_BTF',
    options: ['CONFIG_DEBUG_INFO_BTF'],
    archs: ['amd64', 'arm64', 'riscv64'],
    probe: 'btf',
  },
  'cgroup-bpf': {
    kind: 'configuration',
    config: 'CONFIG_CGROUP_BPF',
    options: ['CONFIG_CGROUP_BPF'],
    probe: 'cgroup_bpf',
  },
  'bpf-lsm': { kind: 'configuration', config: 'CONFIG_BPF_LSM', options: ['CONFIG_BPF_LSM'], probe: null },
  kprobes: {
    kind: 'configuration',
    config: 'CONFIG_KPROBE_EVENTS',
    options: ['CONFIG_KPROBE_EVENTS'],
    probe: null,
  },
  uprobes: {
    kind: 'configuration',
    config: 'CONFIG_UPROBE_EVENTS',
    options: ['CONFIG_UPROBE_EVENTS'],
    probe: null,
  },
  'lwt-bpf': {
    kind: 'configuration',
    config: 'CONFIG_LWTUNNEL_BPF',
    options: ['CONFIG_LWTUNNEL_BPF'],
    probe: null,
  },
  'seg6-bpf': {
    kind: 'configuration',
    config: 'CONFIG_IPV6_SEG6_BPF',
    options: ['CONFIG_IPV6_SEG6_BPF'],
    probe: null,
  },
  sockmap: {
    kind: 'configuration',
    config: 'CONFIG_NET_SOCK_MSG and CONFIG_BPF_STREAM_PARSER',
    options: ['CONFIG_NET_SOCK_MSG', 'CONFIG_BPF_STREAM_PARSER'],
    probe: null,
  },
  'policy-routing': {
    kind: 'configuration',
    config: 'CONFIG_IP_MULTIPLE_TABLES',
    options: ['CONFIG_IP_MULTIPLE_TABLES'],
    probe: null,
  },
  'net-ns': { kind: 'configuration', config: 'CONFIG_NET_NS', options: ['CONFIG_NET_NS'], probe: null },
  'af-xdp': {
    kind: 'configuration',
    config: 'CONFIG_XDP_SOCKETS',
    options: ['CONFIG_XDP_SOCKETS'],
    probe: 'af_xdp',
  },
  // s390x has no NUMA nodes in QEMU.
  numa: {
    kind: 'configuration',
    config: 'CONFIG_NUMA',
    options: ['CONFIG_NUMA'],
    archs: ['amd64', 'arm64'],
    probe: 'numa',
  },
  'cpu-hotplug': {
    kind: 'configuration',
    config: 'CONFIG_HOTPLUG_CPU',
    options: ['CONFIG_HOTPLUG_CPU'],
    probe: 'cpu_hotplug',
  },
  // For kernels that are built to be tested: no distribution has it in the kernel that it installs.
  'fault-injection': {
    kind: 'configuration',
    config:
      'CONFIG_FAILSLAB, CONFIG_FAIL_PAGE_ALLOC, CONFIG_FAULT_INJECTION_DEBUG_FS and CONFIG_FAULT_INJECTION_STACKTRACE_FILTER',
    options: [
      'CONFIG_FAILSLAB',
      'CONFIG_FAIL_PAGE_ALLOC',
      'CONFIG_FAULT_INJECTION_DEBUG_FS',
      'CONFIG_FAULT_INJECTION_STACKTRACE_FILTER',
    ],
    archs: [],
    probe: 'fault_injection',
  },
  // A distribution builds it as a flavour of its own, next to one without.
  'preempt-rt': {
    kind: 'configuration',
    config: 'CONFIG_PREEMPT_RT',
    options: ['CONFIG_PREEMPT_RT'],
    archs: [],
    probe: 'preempt_rt',
  },
  // Detectors, for kernels that are built to be tested.
  kasan: {
    kind: 'configuration',
    config: 'CONFIG_KASAN',
    options: ['CONFIG_KASAN'],
    archs: [],
    probe: null,
  },
  kmemleak: {
    kind: 'configuration',
    config: 'CONFIG_DEBUG_KMEMLEAK',
    options: ['CONFIG_DEBUG_KMEMLEAK'],
    archs: [],
    probe: 'kmemleak',
  },
} as const satisfies Readonly<Record<string, Feature | Configuration>>;

/** The name of a feature, as `requires` of a scenario lists it. */
export type FeatureName = keyof typeof TABLE;

/** Everything that a scenario can require. A new feature is one row here, with a probe in the agent. */
export const FEATURES: Readonly<Record<FeatureName, Feature | Configuration>> = TABLE;

/** When an architecture got a feature. */
export function arrivalOf(feature: Feature, arch: ArchName): Arrival {
  return feature.elsewhere?.[arch] ?? feature;
}

/** The releases in which a feature came: `since 5.18, on arm64 since 6.14`. */
export function sinceText({ since, elsewhere = {} }: Feature): string {
  const others = Object.entries(elsewhere).map(([arch, arrival]) => `, on ${arch} since ${arrival.since}`);
  return `since ${since}${others.join('')}`;
}

/** The commits of these releases, one per line. */
export function commitTexts({ commit, elsewhere = {} }: Feature): string[] {
  return [commit, ...Object.entries(elsewhere).map(([arch, arrival]) => `${arch}: ${arrival.commit}`)];
}

/** The names, in the order of the table. */
export const FEATURE_NAMES = Object.keys(TABLE) as [FeatureName, ...FeatureName[]];
