import type { ConsoleOwner } from './drain-console.ts';
import type { HoldPoints } from './hold-points.ts';
import type { VmEnd } from './vm-end.ts';

/** A guest seen from outside. The real one is `QemuVm`; tests of what stands above use a fake. */
export interface Vm extends ConsoleOwner, AsyncDisposable {
  readonly pid: number;
  /** The Unix socket of the agent's channel. One client at a time: QEMU accepts the next when the last has left. */
  readonly agentSocket: string;
  /** Settles when the agent closes its end of the channel, that is when it dies, or when the machine has ended; never rejects. */
  readonly agentGone: Promise<void>;
  /** Whether the kernel reported a panic by its pvpanic device; the console is the other witness. */
  readonly panicked: boolean;
  /** Whether the guest has gone to sleep, from which nobody here wakes it. */
  readonly asleep: boolean;
  /** Settles when the guest has ended its machine, or QEMU has ended; never rejects. */
  readonly ended: Promise<VmEnd>;
  /**
   * Why a guest that is silent may not be to blame: QEMU is stopped, does not answer, or holds the guest, as one sentence. Null
   * where QEMU is well.
   */
  hostTrouble(): Promise<string | null>;
  /**
   * Asks a guest that hangs where it is: returns where each CPU stands, one line each, and makes the kernel panic, by an NMI, with
   * a stack on the console. Null from a QEMU that does not answer.
   */
  postMortem(): Promise<string | null>;
  /** Opens a TCP port of the host's loopback device that leads to the guest's port 22, and returns it. Throws `infra`. */
  forwardSsh(): Promise<number>;
  /**
   * Opens a Unix socket on which QEMU speaks GDB's remote protocol, and returns its path. The guest goes on until a debugger comes, which stops it.
   * Throws `infra`.
   */
  openGdb(): Promise<string>;
  /** Begins to hold CPUs, by the same stub, which serves one session: not next to a debugger. Throws `infra`. */
  openHoldPoints(): Promise<HoldPoints>;
}

/** A guest that was booted, of which a template can be made. */
export interface BootedVm extends Vm {
  /** Stops the guest and writes the state of its devices into a file; its RAM must be a shared file, which is the other half. */
  save(statePath: string): Promise<void>;
}

/** Where a guest keeps its sockets and its console, and what ends it early. */
export interface VmOptions {
  /** A folder of its own; short, since a socket's path has at most 107 bytes. */
  readonly dir: string;
  /** The socket between the two guests of topology `link`, next to the receiving one's others; short as well. */
  readonly link?: string | undefined;
  /** Kills QEMU when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Most that the console may hold, in bytes; absent: `CONSOLE_MAX_BYTES`. */
  readonly consoleMaxBytes?: number | undefined;
}
