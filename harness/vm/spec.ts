import type { End, Topology } from '../model/topology.ts';
import type { ArchName } from '../model/kernel.ts';
import type { Accelerator } from './accelerator.ts';

/** What a guest is, seen from outside: everything that the QEMU command line depends on except this run's files and sockets. */
export interface GuestSpec {
  readonly arch: ArchName;
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
  /** Sockets that the CPUs are divided among; absent: one. */
  readonly sockets?: number;
  readonly memoryMiB: number;
  readonly accel: Accelerator;
  /** Whether its CPUs run side by side: `ChosenAccelerator`. */
  readonly parallel: boolean;
  /** Further words for the kernel's command line. */
  readonly append: readonly string[];
}
