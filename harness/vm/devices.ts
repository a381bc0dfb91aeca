import { MAC, type End, type GuestSpec } from './spec.ts';

/** A part of the virtual machine: the arguments that it adds to QEMU's command line. A machine is their concatenation. */
export interface Device {
  readonly args: readonly string[];
}

/** The kernel's command line. Sources: field-notes.md for the times, Documentation/admin-guide/kernel-parameters.txt. */
export function kernel(spec: GuestSpec): Device {
  const words = [
    'console=ttyS0',
    // The console is a serial port under emulation, where each character costs; init raises the level again before a test runs.
    'quiet',
    'panic=-1',
    'nokaslr',
    'mitigations=off',
    'random.trust_cpu=on',
    // So that a guest that hangs can be made to say where: QMP's inject-nmi.
    'unknown_nmi_panic',
    // From 6.17 on a kernel thread samples memory every 5 ms, for statistics that nobody reads here.
    'damon_stat.enabled=0',
    'rdinit=/init',
    ...spec.append,
  ];
  return { args: ['-kernel', spec.image, '-initrd', spec.initrd, '-append', words.join(' ')] };
}

/** Machine type and CPUs. */
export function machine(spec: GuestSpec): Device {
  const smp = spec.maxCpus > spec.cpus ? `${spec.cpus},maxcpus=${spec.maxCpus}` : `${spec.cpus}`;
  const thread = spec.parallel ? 'multi' : 'single';
  const accel =
    spec.accel === 'kvm'
      ? ['-accel', 'kvm', '-cpu', 'host']
      : ['-accel', `tcg,thread=${thread}`, '-cpu', 'max'];
  return { args: ['-machine', 'q35,memory-backend=mem', ...accel, '-smp', smp, '-m', `${spec.memoryMiB}M`] };
}

/** Where a guest's RAM is: anonymous, or a file that is shared (a template in the making) or mapped copy-on-write (a clone). */
export type Ram =
  { readonly kind: 'anonymous' } | { readonly kind: 'shared' | 'private'; readonly path: string };

/** The guest's RAM, as the machine's `mem`. */
export function memory(spec: GuestSpec, ram: Ram): Device {
  const size = `id=mem,size=${spec.memoryMiB}M`;
  if (ram.kind === 'anonymous') return { args: ['-object', `memory-backend-ram,${size}`] };
  const share = ram.kind === 'shared' ? 'on' : 'off';
  return {
    args: ['-object', `memory-backend-file,${size},mem-path=${escapeComma(ram.path)},share=${share}`],
  };
}

/** A machine that waits for a saved state in place of booting. */
export function incoming(): Device {
  return { args: ['-incoming', 'defer'] };
}

/** Serial console into a file. */
export function console(path: string): Device {
  return { args: ['-chardev', `file,id=console,path=${escapeComma(path)}`, '-serial', 'chardev:console'] };
}

/** QMP on a Unix socket. */
export function qmp(path: string): Device {
  return {
    args: [
      '-chardev',
      `socket,id=qmp,path=${escapeComma(path)},server=on,wait=off`,
      '-mon',
      'chardev=qmp,mode=control',
    ],
  };
}

/** The management NIC: ssh on a loopback port that the host's kernel picks (port 0), and nothing else in or out. */
export function managementNic(): Device {
  return {
    args: [
      '-netdev',
      'user,id=mgmt,restrict=on,hostfwd=tcp:127.0.0.1:0-:22',
      '-device',
      `virtio-net-pci,netdev=mgmt,mac=${MAC.mgmt},romfile=`,
    ],
  };
}

/** The traffic's NICs: two virtio NICs joined by a hub inside QEMU, one that is joined to another guest's, or none where the guest makes them itself. */
export function trafficNics({ topology, ends }: GuestSpec, link: string | null): Device {
  if (topology !== 'virtio' && topology !== 'link') return { args: [] };
  return { args: ends.flatMap(end => [...backEnd(end, link), ...virtioNic(end)]) };
}

/** The receiving end listens. Both wait for a peer that has no room, so that nothing is lost between the guests. */
function backEnd(end: End, link: string | null): string[] {
  if (link === null) return ['-netdev', `hubport,id=${end},hubid=0`];
  const server = end === 'rx' ? 'on' : 'off';
  return ['-netdev', `stream,id=${end},server=${server},addr.type=unix,addr.path=${escapeComma(link)}`];
}

function virtioNic(end: End): string[] {
  return ['-device', `virtio-net-pci,netdev=${end},mac=${MAC[end]},romfile=`];
}

/** No display, no default devices, and QEMU ends where the guest would reboot. */
export function bare(): Device {
  return { args: ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'] };
}

/** The whole argument list. */
export function concat(devices: readonly Device[]): string[] {
  return devices.flatMap(device => [...device.args]);
}

/** QEMU's option syntax doubles a comma inside a value. */
function escapeComma(value: string): string {
  return value.replaceAll(',', ',,');
}
