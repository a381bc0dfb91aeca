import type { Accelerator } from './accelerator.ts';

/** How the traffic's two devices `tx` and `rx` are made; `link` is the one with two guests. */
export const TOPOLOGIES = ['veth', 'virtio', 'link', 'none'] as const;
export type Topology = (typeof TOPOLOGIES)[number];

/** Whether a text is a topology's name. */
export function isTopology(text: string): text is Topology {
  return (TOPOLOGIES as readonly string[]).includes(text);
}

/** An end of the traffic's wire, and the name of the device there. */
export type End = 'tx' | 'rx';

/** Both ends in one guest. */
export const BOTH_ENDS: readonly End[] = ['tx', 'rx'];

/** What a guest is, seen from outside: everything that the QEMU command line depends on but for this run's files and ports. */
export interface GuestSpec {
  /** Kernel image for -kernel. */
  readonly image: string;
  /** Initramfs for -initrd. */
  readonly initrd: string;
  readonly topology: Topology;
  /** The ends of the wire that are in this guest: one of them in topology `link`. */
  readonly ends: readonly End[];
  /** Receive and transmit queues of each of the traffic's devices. */
  readonly queues: number;
  /** Virtual CPUs that are online at boot. */
  readonly cpus: number;
  /** Possible CPUs; the ones above `cpus` are offline. */
  readonly maxCpus: number;
  readonly memoryMiB: number;
  readonly accel: Accelerator;
  /** Whether its CPUs run side by side: `ChosenAccelerator`. */
  readonly parallel: boolean;
  /** Further words for the kernel's command line. */
  readonly append: readonly string[];
}

/** MAC addresses by role; the guest finds its devices by them. */
export const MAC = {
  mgmt: '52:54:00:b9:f0:00',
  tx: '52:54:00:b9:f0:01',
  rx: '52:54:00:b9:f0:02',
} as const;
