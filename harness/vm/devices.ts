import { join } from 'node:path';
import { architecture } from '../arch/architectures.ts';
import type { ArchName } from '../model/kernel.ts';
import { MAC, type End } from '../model/topology.ts';
import { INHERITED, inheritedPath } from './inherited.ts';
import { isSince, type QemuRelease } from './qemu-version.ts';
import type { GuestSpec } from './spec.ts';

/**
 * A part of the virtual machine: what it adds to QEMU's command line and to the kernel's, so that both halves of one thing stay
 * together. A machine is the concatenation of its devices: `commandLine`.
 */
export interface Device {
  readonly args: readonly string[];
  /** Words for the kernel's command line: Documentation/admin-guide/kernel-parameters.txt. */
  readonly kernelArgs: readonly string[];
}

/** The sockets and the console of one machine. QEMU names them relative to the folder that it is started in. */
export interface MachinePaths {
  readonly console: string;
  readonly qmp: string;
  readonly agentSocket: string;
  /** Socket for the state of the devices, while it is saved or loaded. */
  readonly state: string;
  /** Socket for a debugger, once one is asked for. */
  readonly gdb: string;
  /** Socket between the two guests of topology `link`. */
  readonly link: string;
}

/** Where a machine keeps its sockets and its console: in a folder of its own, except a `link` that is another machine's. */
export function machinePaths(dir: string, link = join(dir, 'link')): MachinePaths {
  return {
    console: join(dir, 'console.log'),
    qmp: join(dir, 'qmp'),
    agentSocket: join(dir, 'agent'),
    state: join(dir, 'state'),
    gdb: join(dir, 'gdb'),
    link,
  };
}

/** All devices of a guest. */
export function devices(spec: GuestSpec, ram: Ram, paths: MachinePaths): Device[] {
  return [
    sandbox(),
    bare(),
    memory(spec, ram),
    machine(spec),
    console(spec.arch),
    reportedEnd(spec.arch),
    debuggable(spec.arch),
    qmp(paths.qmp),
    agentPort(spec.arch, paths.agentSocket),
    managementNic(spec.arch),
    trafficNics(spec, spec.topology === 'link' ? paths.link : null),
  ];
}

/**
 * seccomp filters of QEMU itself: it cannot start a program, gain privileges, change its scheduling, or use obsolete system calls,
 * whatever a guest makes it do. Each is refused by QEMU's own list (softmmu/qemu-seccomp.c).
 */
export function sandbox(): Device {
  const denied = ['obsolete', 'elevateprivileges', 'spawn', 'resourcecontrol'];
  return { args: ['-sandbox', ['on', ...denied.map(what => `${what}=deny`)].join(',')], kernelArgs: [] };
}

/** Machine type and CPUs. */
export function machine(spec: GuestSpec): Device {
  const most = spec.maxCpus > spec.cpus ? `,maxcpus=${spec.maxCpus}` : '';
  const sockets = spec.sockets === undefined ? '' : `,sockets=${spec.sockets}`;
  const smp = `${spec.cpus}${most}${sockets}`;
  const { board, tcgCpu, tcgWords } = architecture(spec.arch).machine;
  const thread = spec.parallel ? 'multi' : 'single';
  const accel =
    spec.accel === 'kvm'
      ? ['-accel', 'kvm', '-cpu', 'host']
      : ['-accel', `tcg,thread=${thread}`, '-cpu', tcgCpu];
  const size = ['-smp', smp, '-m', `${spec.memoryMiB}M`];
  return {
    args: ['-machine', `${board},memory-backend=mem`, ...accel, ...size],
    kernelArgs: spec.accel === 'kvm' ? [] : tcgWords,
  };
}

/**
 * Where a guest's RAM is: anonymous, or a file that is shared (a template in the making) or mapped copy-on-write (a clone).
 * `writable`: the file of a clone must be, although nothing is written to it: `needsWritableRam`.
 */
export type Ram =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'shared'; readonly path: string }
  | { readonly kind: 'private'; readonly path: string; readonly writable: boolean };

/** QEMU from this on maps a file that it may only read as RAM that can be written: `rom=off` of memory-backend-file. */
const ROM_OFF_SINCE: QemuRelease = [8, 2];

/** Whether a QEMU of this version opens the RAM file of a clone for writing. */
export function needsWritableRam(qemu: string): boolean {
  return !isSince(qemu, ROM_OFF_SINCE);
}

/** The guest's RAM, as the machine's `mem`. */
export function memory(spec: GuestSpec, ram: Ram): Device {
  const size = `id=mem,size=${spec.memoryMiB}M`;
  const file = `memory-backend-file,${size},mem-path=${inheritedPath('ram')}`;
  const backend = {
    anonymous: `memory-backend-ram,${size}`,
    shared: `${file},share=on`,
    private: `${file},share=off${ram.kind === 'private' && !ram.writable ? ',readonly=on,rom=off' : ''}`,
  }[ram.kind];
  return { args: ['-object', backend], kernelArgs: [] };
}

/** A machine that waits for a saved state instead of booting. */
export function incoming(): Device {
  return { args: ['-incoming', 'defer'], kernelArgs: [] };
}

/** The kernel's console: the machine's serial port, written into a file that QEMU inherits. */
export function console(arch: ArchName): Device {
  const { args, device, early } = architecture(arch).machine.console;
  return {
    args: [
      '-add-fd',
      `fd=${INHERITED.console},set=1`,
      '-chardev',
      'file,id=console,path=/dev/fdset/1',
      ...args,
    ],
    // Quiet: each character on a serial port costs under emulation. images/init raises the level before a test runs.
    kernelArgs: [`console=${device}`, early, 'quiet'],
  };
}

/**
 * A guest that ends, in whatever way, ends its machine for good, and QEMU reports how by QMP: SHUTDOWN with a reason, after
 * GUEST_PANICKED (on x86-64 and Arm by pvpanic) if the kernel panicked. QEMU then waits to be killed: one that ended with its guest could not be told from
 * one that the host took away, and what it reported last could be lost. A kernel that panics resets at once.
 */
export function reportedEnd(arch: ArchName): Device {
  const actions = 'reboot=shutdown,shutdown=pause,panic=none';
  return { args: ['-action', actions, ...architecture(arch).machine.panicArgs], kernelArgs: ['panic=-1'] };
}

/** What a guest that hangs needs to report where it is: QMP's inject-nmi panics it, and addresses are those of its symbols. */
export function debuggable(arch: ArchName): Device {
  return { args: [], kernelArgs: [...architecture(arch).machine.nmiWords, 'nokaslr'] };
}

/** QMP on a Unix socket. */
export function qmp(path: string): Device {
  return {
    args: ['-chardev', unixServer('qmp', path), '-mon', 'chardev=qmp,mode=control'],
    kernelArgs: [],
  };
}

/** Name of the agent's port in the guest (/sys/class/virtio-ports/…/name), and id of the device in QMP's events. */
export const AGENT_PORT = { name: 'bpfrig.agent', id: 'agent' } as const;

/** The agent's channel: a virtio-serial port in the guest, a Unix socket on the host. */
export function agentPort(arch: ArchName, path: string): Device {
  const { name, id } = AGENT_PORT;
  return {
    args: [
      '-chardev',
      unixServer(id, path),
      '-device',
      `virtio-serial-${architecture(arch).machine.bus}`,
      '-device',
      `virtserialport,id=${id},chardev=${id},name=${name}`,
    ],
    kernelArgs: [],
  };
}

/** The hubs inside QEMU: one joins the traffic's two NICs, the other is where the management NIC meets ssh. */
const HUB = { traffic: 0, management: 1 } as const;

/**
 * The management NIC. It is in every guest, since what a scenario sends to a device by its number must not depend on ssh; but it ends
 * at a hub without another port, so that nothing goes in or out until somebody asks for ssh: `SSH_NETDEVS`.
 */
export function managementNic(arch: ArchName): Device {
  return {
    args: ['-netdev', `hubport,id=mgmt,hubid=${HUB.management}`, ...virtioNic(arch, 'mgmt', MAC.mgmt)],
    kernelArgs: [],
  };
}

/**
 * What connects the management NIC with the host, for ssh: arguments of QMP's `netdev_add`, in order. `restrict`: QEMU's network stack
 * forwards the host's connection to the guest, and nothing that the guest begins.
 */
export const SSH_NETDEVS = [
  { type: 'user', id: 'ssh', restrict: true, ipv6: false },
  { type: 'hubport', id: 'ssh-port', hubid: HUB.management, netdev: 'ssh' },
] as const;

/**
 * The traffic's NICs: two virtio NICs joined by a hub inside QEMU, one that is joined to another guest's, or none where the guest makes
 * them itself. Their interrupts have a fixed CPU. Otherwise it depends on how many devices there are, and so does which counts of a
 * CPU a scenario sees: a guest that also sends (by default on CPU 0) receives on CPU 1, every other on CPU 0.
 */
export function trafficNics(spec: GuestSpec, link: string | null): Device {
  const { arch } = spec;
  return {
    args: ownNics(spec).flatMap(end => [...backEnd(end, link), ...virtioNic(arch, end, MAC[end])]),
    kernelArgs: [`irqaffinity=${receivingCpu(spec)}`],
  };
}

/** The CPU on which the traffic's NICs receive. */
export function receivingCpu(spec: Pick<GuestSpec, 'topology' | 'ends' | 'cpus'>): number {
  return ownNics(spec).length > 1 && spec.cpus > 1 ? 1 : 0;
}

function ownNics({ topology, ends }: Pick<GuestSpec, 'topology' | 'ends'>): readonly End[] {
  return topology === 'virtio' || topology === 'link' ? ends : [];
}

/** The receiving end listens. Both wait for a peer that has no room, so that nothing is lost between the guests. */
function backEnd(end: End, link: string | null): string[] {
  if (link === null) return ['-netdev', `hubport,id=${end},hubid=${HUB.traffic}`];
  const server = end === 'rx' ? 'on' : 'off';
  return ['-netdev', `stream,id=${end},server=${server},addr.type=unix,addr.path=${escapeComma(link)}`];
}

/**
 * Without guest_announce, a clone whose guest resets the NIC ends QEMU by a SIGSEGV, at least up to 10.0.2: with announce-rounds=0
 * (`loadState`), virtio_net_post_load() frees the announce timer, and virtio_net_reset() then deletes it. Kernels reset their virtio
 * devices when they reboot (since 6.15), and when a driver is unbound.
 */
function virtioNic(arch: ArchName, netdev: string, mac: string): string[] {
  const { bus } = architecture(arch).machine;
  // No boot ROM, which only a card of PCI has.
  const rom = bus === 'pci' ? ',romfile=' : '';
  return ['-device', `virtio-net-${bus},netdev=${netdev},mac=${mac},guest_announce=off${rom}`];
}

/** No display and no default devices, and a kernel without what only costs time here. */
export function bare(): Device {
  return {
    args: ['-nodefaults', '-no-user-config', '-display', 'none'],
    kernelArgs: [
      'mitigations=off',
      'random.trust_cpu=on',
      // From 6.17 on a kernel thread samples memory every 5 ms, for statistics that nobody reads here.
      'damon_stat.enabled=0',
    ],
  };
}

/** QEMU's whole argument list: the devices', and the kernel with all their words; the spec's own words come last and so win. */
export function commandLine(spec: GuestSpec, devices: readonly Device[]): string[] {
  const words = [...devices.flatMap(({ kernelArgs }) => kernelArgs), 'rdinit=/init', ...spec.append];
  const files = ['-kernel', inheritedPath('image'), '-initrd', inheritedPath('initrd')];
  const kernel = [...files, '-append', words.join(' ')];
  return [...devices.flatMap(({ args }) => args), ...kernel];
}

function unixServer(id: string, path: string): string {
  return `socket,id=${id},path=${escapeComma(path)},server=on,wait=off`;
}

/** QEMU's option syntax doubles a comma inside a value. */
function escapeComma(value: string): string {
  return value.replaceAll(',', ',,');
}
