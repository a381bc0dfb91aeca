import type { Accelerator } from './accelerator.ts';

/** How the traffic's two devices `tx` and `rx` are made. */
export type Topology = 'none' | 'veth' | 'virtio';

/** What a guest is, seen from outside: everything that the QEMU command line depends on but for this run's files and ports. */
export interface GuestSpec {
  /** Kernel image for -kernel. */
  readonly image: string;
  /** Initramfs for -initrd. */
  readonly initrd: string;
  readonly topology: Topology;
  /** Virtual CPUs that are online at boot. */
  readonly cpus: number;
  /** Possible CPUs; the ones above `cpus` are offline. */
  readonly maxCpus: number;
  readonly memoryMiB: number;
  readonly accel: Accelerator;
  /** Further words for the kernel's command line. */
  readonly append: readonly string[];
}

/** MAC addresses by role; the guest finds its devices by them. */
export const MAC = {
  mgmt: '52:54:00:b9:f0:00',
  tx: '52:54:00:b9:f0:01',
  rx: '52:54:00:b9:f0:02',
} as const;
