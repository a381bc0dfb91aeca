import { architecture } from '../arch/architectures.ts';
import type { ArchName } from '../model/kernel.ts';
import { hasModule, type BuildFacts } from './build-facts.ts';
import { configValue } from './config-lines.ts';
import { inRange } from './ranges.ts';

/**
 * What needs something of a kernel. `guest`: every guest, so that without it no command is of any use. `bpf`: every program. `cells`: every
 * scenario. The others: scenarios that use it, and `instead` nothing, because something else takes its place.
 */
export const USES = ['guest', 'bpf', 'cells', 'devices', 'veth', 'virtio', 'pktgen', 'packets'] as const;

/** The name of what needs something. */
export type Use = (typeof USES)[number];

/** One thing that the guest, or a part of bpfrig, needs of how a kernel is built. */
export interface Need {
  /** The option, as a .config has it. */
  readonly option: string;
  /** The module that it makes, where it can be one. */
  readonly module?: string;
  /** Value that the option must not have; absent: it must be on. */
  readonly not?: string;
  readonly use: Use | 'instead';
  /** What it is for. */
  readonly purpose: string;
  /** What happens on a kernel that lacks it, where something else takes its place. */
  readonly without?: string;
  /** A run that such a kernel takes part in says so: it is counted in another way. */
  readonly noted?: true;
  /** Versions to which it applies; absent: all. */
  readonly kernels?: string;
}

/** What does not depend on the architecture. What scenarios can state in `requires` is in features.ts. */
export const NEEDS: readonly Need[] = [
  {
    option: 'CONFIG_BLK_DEV_INITRD',
    use: 'guest',
    purpose: "the guest's programs, which are in an initramfs",
  },
  { option: 'CONFIG_BINFMT_ELF', use: 'guest', purpose: "the guest's programs" },
  { option: 'CONFIG_BINFMT_SCRIPT', use: 'guest', purpose: "the guest's first process, images/init" },
  { option: 'CONFIG_FUTEX', use: 'guest', purpose: 'the agent, which has threads' },
  { option: 'CONFIG_PROC_FS', use: 'guest', purpose: 'the agent' },
  { option: 'CONFIG_SYSFS', use: 'guest', purpose: "the agent's port, and the CPUs" },
  { option: 'CONFIG_DEVTMPFS', use: 'guest', purpose: "the agent's port" },
  {
    option: 'CONFIG_VIRTIO_CONSOLE',
    module: 'virtio_console',
    use: 'guest',
    purpose: 'the channel to the agent',
  },
  { option: 'CONFIG_BPF_SYSCALL', use: 'bpf', purpose: 'bpf(2)' },
  { option: 'CONFIG_NET', use: 'bpf', purpose: 'XDP, tc and cpumaps' },
  {
    option: 'CONFIG_BPF_EVENTS',
    use: 'cells',
    purpose: 'the observers (it needs CONFIG_PERF_EVENTS, and CONFIG_KPROBE_EVENTS or CONFIG_UPROBE_EVENTS)',
  },
  {
    option: 'CONFIG_EVENT_TRACING',
    use: 'cells',
    purpose: 'the tracepoints that observers and witness count',
  },
  {
    option: 'CONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY',
    not: 'y',
    use: 'cells',
    purpose: 'observers and witness: the lockdown closes tracefs, and refuses programs that read the kernel',
  },
  { option: 'CONFIG_PRINTK', use: 'cells', purpose: "the kernel's log, in which splats are looked for" },
  { option: 'CONFIG_INET', use: 'devices', purpose: 'the addresses of tx and rx' },
  {
    option: 'CONFIG_NET_SCHED',
    use: 'devices',
    purpose: 'the count at tc ingress of what reaches the stack',
  },
  {
    option: 'CONFIG_NET_SCH_INGRESS',
    module: 'sch_ingress',
    use: 'devices',
    purpose: 'the count at tc ingress of what reaches the stack',
  },
  {
    option: 'CONFIG_NET_CLS_BPF',
    module: 'cls_bpf',
    use: 'devices',
    purpose: 'the count at tc ingress of what reaches the stack',
  },
  {
    option: 'CONFIG_NET_CLS_ACT',
    use: 'devices',
    purpose: 'the count at tc ingress of what reaches the stack',
  },
  { option: 'CONFIG_VETH', module: 'veth', use: 'veth', purpose: 'topology `veth`' },
  {
    option: 'CONFIG_VIRTIO_NET',
    module: 'virtio_net',
    use: 'virtio',
    purpose: 'topologies `virtio` and `link`, and ssh',
  },
  { option: 'CONFIG_NET_PKTGEN', module: 'pktgen', use: 'pktgen', purpose: 'steps `pktgen` and `frames`' },
  {
    option: 'CONFIG_PACKET',
    module: 'af_packet',
    use: 'packets',
    purpose: 'steps `send`, `frames` and `packets`, and `capture`',
  },
  {
    option: 'CONFIG_DEBUG_INFO_BTF',
    use: 'instead',
    noted: true,
    purpose: 'observers that miss no event, and what `requires: [btf]` stands for',
    without:
      'observers are classic tracepoint programs (bpf/tracepoints.bpf.c), and events that these miss are counted as lost',
  },
  {
    option: 'CONFIG_BPF_JIT',
    use: 'instead',
    noted: true,
    purpose: 'fexit programs that count what programs return, and what `requires: [bpf-jit]` stands for',
    without:
      'XDP programs count what they return themselves; of one that makes tail calls it cannot be counted',
  },
  {
    option: 'CONFIG_HIST_TRIGGERS',
    use: 'instead',
    purpose: "the witness's sums",
    without: 'the witness reads the trace buffer',
  },
  {
    option: 'CONFIG_MODULES',
    use: 'instead',
    purpose: '`guest: { modules }`',
    without: 'what a scenario asks for must be built in',
  },
  {
    option: 'CONFIG_IPV6',
    module: 'ipv6',
    use: 'instead',
    purpose: 'IPv6 of the guest itself',
    without: 'frames of IPv6 can be sent all the same, and no kernel answers them',
  },
  {
    option: 'CONFIG_DEBUG_FS',
    use: 'instead',
    purpose: 'step `stall`: it turns the fair server off',
    without: 'step `stall` is an error',
    kernels: '>=6.12',
  },
  {
    option: 'CONFIG_SCHED_DEBUG',
    use: 'instead',
    purpose: 'step `stall`: it turns the fair server off',
    without: 'step `stall` is an error',
    kernels: '>=6.12 <6.15',
  },
];

/** What a kernel lacks of its needs. */
export interface Lack {
  readonly need: Need;
  /** `CONFIG_VETH=n`; of a module that is not where modules are, its name. */
  readonly text: string;
}

/** A kernel as far as its needs depend on it. */
export interface NeedyKernel {
  readonly arch: ArchName;
  readonly version: string;
}

/** The rows of the table for a kernel: with the drivers of its machine, and without those of other versions. */
export function needsOf({ arch, version }: NeedyKernel): readonly Need[] {
  const { drivers, console } = architecture(arch).machine;
  const machine = Object.entries(drivers.required).map(([module, option]): Need => {
    return { option, module, use: 'guest', purpose: "the devices of QEMU's machine" };
  });
  const own: Need = { option: console.option, use: 'guest', purpose: "the guest's console" };
  return [...machine, own, ...NEEDS].filter(
    ({ kernels }) => kernels === undefined || inRange(version, kernels),
  );
}

/** What a kernel lacks, in the order of the table. What its build does not say is not in it. */
export function lacksOf(kernel: NeedyKernel, build: BuildFacts): Lack[] {
  return needsOf(kernel).flatMap(need => {
    const text = lackText(need, build);
    return text === null ? [] : [{ need, text }];
  });
}

/**
 * What a kernel lacks of one need, null for nothing. The list of modules decides where there is one. An option that is `m` is of no use to a kernel whose
 * modules are not there.
 */
function lackText({ option, module, not }: Need, build: BuildFacts): string | null {
  const { config, modules } = build;
  const value = config === null ? null : configValue(config, option);
  if (not !== undefined) return value === not ? `${option}=${value}` : null;
  if (module === undefined) return value === null || value !== 'n' ? null : `${option}=n`;
  if (value === 'y' || hasModule(build, module) === true) return null;
  if (modules !== null) return value === 'n' ? `${option}=n` : `module ${module} (${option})`;
  return value === null ? null : `${option}=${value}`;
}

/** What a reader of a run should know of how a kernel is counted on, one sentence each. */
export function notedLacks(kernel: NeedyKernel, build: BuildFacts): string[] {
  return lacksOf(kernel, build).flatMap(({ need, text }) =>
    need.noted === true ? [`${text}: ${need.without ?? ''}`] : [],
  );
}
