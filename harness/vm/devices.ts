import { join } from 'node:path';
import { MAC, type End } from '../model/topology.ts';
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

/** The sockets and the console of one machine. */
export interface MachinePaths {
  readonly console: string;
  readonly qmp: string;
  readonly agentSocket: string;
  /** Socket between the two guests of topology `link`. */
  readonly link: string;
}

/** Where a machine keeps its sockets and its console: in a folder of its own, except a `link` that is another machine's. */
export function machinePaths(dir: string, link = join(dir, 'link')): MachinePaths {
  return { console: join(dir, 'console.log'), qmp: join(dir, 'qmp'), agentSocket: join(dir, 'agent'), link };
}

/** All devices of a guest. */
export function devices(spec: GuestSpec, ram: Ram, paths: MachinePaths): Device[] {
  return [
    bare(),
    memory(spec, ram),
    machine(spec),
    console(paths.console),
    reportedEnd(),
    debuggable(),
    qmp(paths.qmp),
    agentPort(paths.agentSocket),
    managementNic(),
    trafficNics(spec, spec.topology === 'link' ? paths.link : null),
  ];
}

/** Machine type and CPUs. */
export function machine(spec: GuestSpec): Device {
  const smp = spec.maxCpus > spec.cpus ? `${spec.cpus},maxcpus=${spec.maxCpus}` : `${spec.cpus}`;
  const thread = spec.parallel ? 'multi' : 'single';
  const accel =
    spec.accel === 'kvm'
      ? ['-accel', 'kvm', '-cpu', 'host']
      : ['-accel', `tcg,thread=${thread}`, '-cpu', 'max'];
  const size = ['-smp', smp, '-m', `${spec.memoryMiB}M`];
  return { args: ['-machine', 'q35,memory-backend=mem', ...accel, ...size], kernelArgs: [] };
}

/** Where a guest's RAM is: anonymous, or a file that is shared (a template in the making) or mapped copy-on-write (a clone). */
export type Ram =
  { readonly kind: 'anonymous' } | { readonly kind: 'shared' | 'private'; readonly path: string };

/** The guest's RAM, as the machine's `mem`. */
export function memory(spec: GuestSpec, ram: Ram): Device {
  const size = `id=mem,size=${spec.memoryMiB}M`;
  const share = ram.kind === 'shared' ? 'on' : 'off';
  const backend =
    ram.kind === 'anonymous'
      ? `memory-backend-ram,${size}`
      : `memory-backend-file,${size},mem-path=${escapeComma(ram.path)},share=${share}`;
  return { args: ['-object', backend], kernelArgs: [] };
}

/** A machine that waits for a saved state instead of booting. */
export function incoming(): Device {
  return { args: ['-incoming', 'defer'], kernelArgs: [] };
}

/** The kernel's console: the first serial port, written into a file. */
export function console(path: string): Device {
  return {
    args: ['-chardev', `file,id=console,path=${escapeComma(path)}`, '-serial', 'chardev:console'],
    // Quiet: each character on a serial port costs under emulation. images/init raises the level before a test runs.
    kernelArgs: ['console=ttyS0', 'quiet'],
  };
}

/**
 * A guest that ends, in whatever way, ends its machine for good, and QEMU reports how by QMP: SHUTDOWN with a reason, after
 * GUEST_PANICKED by pvpanic if the kernel panicked. QEMU then waits to be killed: one that ended with its guest could not be told from
 * one that the host took away, and what it reported last could be lost. A kernel that panics resets at once.
 */
export function reportedEnd(): Device {
  const actions = 'reboot=shutdown,shutdown=pause,panic=none';
  return { args: ['-action', actions, '-device', 'pvpanic'], kernelArgs: ['panic=-1'] };
}

/** What a guest that hangs needs to report where it is: QMP's inject-nmi panics it, and addresses are those of its symbols. */
export function debuggable(): Device {
  return { args: [], kernelArgs: ['unknown_nmi_panic', 'nokaslr'] };
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
export function agentPort(path: string): Device {
  const { name, id } = AGENT_PORT;
  return {
    args: [
      '-chardev',
      unixServer(id, path),
      '-device',
      'virtio-serial-pci',
      '-device',
      `virtserialport,id=${id},chardev=${id},name=${name}`,
    ],
    kernelArgs: [],
  };
}

/** The management NIC. Nothing goes in or out until somebody asks for ssh: `Vm.forwardSsh`. */
export function managementNic(): Device {
  return {
    args: ['-netdev', 'user,id=mgmt,restrict=on', ...virtioNic('mgmt', MAC.mgmt)],
    kernelArgs: [],
  };
}

/**
 * The traffic's NICs: two virtio NICs joined by a hub inside QEMU, one that is joined to another guest's, or none where the guest makes
 * them itself. Their interrupts have a fixed CPU. Otherwise it depends on how many devices there are, and so does which counts of a
 * CPU a scenario sees: a guest that also sends (by default on CPU 0) receives on CPU 1, every other on CPU 0.
 */
export function trafficNics({ topology, ends, cpus }: GuestSpec, link: string | null): Device {
  const ours = topology === 'virtio' || topology === 'link' ? ends : [];
  const receiver = ours.length > 1 && cpus > 1 ? 1 : 0;
  return {
    args: ours.flatMap(end => [...backEnd(end, link), ...virtioNic(end, MAC[end])]),
    kernelArgs: [`irqaffinity=${receiver}`],
  };
}

/** The receiving end listens. Both wait for a peer that has no room, so that nothing is lost between the guests. */
function backEnd(end: End, link: string | null): string[] {
  if (link === null) return ['-netdev', `hubport,id=${end},hubid=0`];
  const server = end === 'rx' ? 'on' : 'off';
  return ['-netdev', `stream,id=${end},server=${server},addr.type=unix,addr.path=${escapeComma(link)}`];
}

/**
 * Without guest_announce, a clone whose guest resets the NIC ends QEMU by a SIGSEGV, at least up to 10.0.2: with announce-rounds=0
 * (`loadState`), virtio_net_post_load() frees the announce timer, and virtio_net_reset() then deletes it. Kernels reset their virtio
 * devices when they reboot (since 6.15), and when a driver is unbound.
 */
function virtioNic(netdev: string, mac: string): string[] {
  return ['-device', `virtio-net-pci,netdev=${netdev},mac=${mac},guest_announce=off,romfile=`];
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
  const kernel = ['-kernel', spec.image, '-initrd', spec.initrd, '-append', words.join(' ')];
  return [...devices.flatMap(({ args }) => args), ...kernel];
}

function unixServer(id: string, path: string): string {
  return `socket,id=${id},path=${escapeComma(path)},server=on,wait=off`;
}

/** QEMU's option syntax doubles a comma inside a value. */
function escapeComma(value: string): string {
  return value.replaceAll(',', ',,');
}
