import type { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import type { ArchName } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import { hostPressure } from '../util/host-pressure.ts';
import { ConsoleWatcher } from './console.ts';
import { cpuLines, haltedForGood } from './cpu-lines.ts';
import { AGENT_PORT, SSH_NETDEVS } from './devices.ts';
import { drainConsole } from './drain-console.ts';
import { HoldPoints } from './hold-points.ts';
import { loadState, saveState, type StateSocket } from './migration.ts';
import type { VmProcess } from './process.ts';
import type { Qmp, QmpEvents } from './qmp.ts';
import type { VmEnd } from './vm-end.ts';
import type { BootedVm } from './vm.ts';

/** How long a kernel may take to print its stacks. */
const STACKS_MS = 3_000;

/** How long QEMU may take to answer a question about a guest that hangs, on a host that is not overloaded; a stopped QEMU never does. */
const QMP_ANSWER_MS = 3_000;

/** What a QEMU is reached by, and what it runs. */
export interface VmPaths {
  readonly arch: ArchName;
  readonly console: string;
  /** Most that the console may hold, in bytes. */
  readonly consoleMaxBytes: number;
  readonly agentSocket: string;
  /** Socket for the state of the devices, and QEMU's name of it. */
  readonly state: string;
  readonly stateUri: string;
  /** Socket for a debugger, and QEMU's name of it. */
  readonly gdb: string;
  readonly gdbUri: string;
}

/** What QEMU has reported by QMP of a machine's end and of the agent's port, from its first word on. */
export class VmEvents {
  /** Why the machine ended (`ShutdownCause`); null while it runs. */
  shutdown: string | null = null;
  /** Whether the kernel reported a panic. */
  panicked = false;
  /** Whether the guest has gone to sleep. */
  asleep = false;
  /** Settles with the machine's end. */
  readonly over: Promise<void>;
  /** Settles when the agent closes its port. */
  readonly portClosed: Promise<void>;
  #settleOver: () => void = () => undefined;
  #settlePort: () => void = () => undefined;

  constructor() {
    this.over = new Promise(resolve => (this.#settleOver = resolve));
    this.portClosed = new Promise(resolve => (this.#settlePort = resolve));
  }

  /** Listens to a session. */
  follow(events: EventEmitter<QmpEvents>): void {
    events.on('GUEST_PANICKED', () => (this.panicked = true));
    events.on('SUSPEND', () => (this.asleep = true));
    events.on('SHUTDOWN', ({ reason }) => {
      // The first is the cause; what follows is how QEMU ends.
      this.shutdown ??= reason;
      this.#settleOver();
    });
    events.on('VSERPORT_CHANGE', ({ id, open }) => {
      if (id === AGENT_PORT.id && !open) this.#settlePort();
    });
  }
}

/** A QEMU of ours with its QMP session and its console. */
export class QemuVm implements BootedVm {
  readonly console: ConsoleWatcher;
  readonly agentSocket: string;
  readonly agentGone: Promise<void>;
  readonly ended: Promise<VmEnd>;
  readonly process: VmProcess;
  readonly #qmp: Qmp;
  readonly #events: VmEvents;
  readonly #state: StateSocket;
  readonly #arch: ArchName;
  readonly #gdb: Pick<VmPaths, 'gdb' | 'gdbUri'>;

  constructor(process: VmProcess, qmp: Qmp, events: VmEvents, paths: VmPaths) {
    this.process = process;
    this.#qmp = qmp;
    this.#events = events;
    this.console = new ConsoleWatcher(paths.console, paths.consoleMaxBytes);
    this.agentSocket = paths.agentSocket;
    this.#state = { path: paths.state, uri: paths.stateUri };
    this.#arch = paths.arch;
    this.#gdb = paths;
    const over = Promise.race([events.over, process.ended]);
    this.ended = over.then(() => ({ shutdown: events.shutdown, process: process.end() }));
    this.agentGone = Promise.race([events.portClosed, over]).then(() => undefined);
  }

  get pid(): number {
    return this.process.pid;
  }

  get panicked(): boolean {
    return this.#events.panicked;
  }

  get asleep(): boolean {
    return this.#events.asleep;
  }

  end(): VmEnd | null {
    const { shutdown } = this.#events;
    const process = this.process.end();
    return shutdown === null && process === null ? null : { shutdown, process };
  }

  async hostTrouble(): Promise<string | null> {
    if (this.process.stopped()) return 'QEMU is stopped (SIGSTOP, or a debugger): the guest does not run';
    const answerMs = QMP_ANSWER_MS * hostPressure();
    try {
      const { status } = (await this.#qmp.execute('query-status', {}, answerMs)) as { status?: string };
      // What the guest itself did is no trouble of the host's: `end`, `panicked` and `asleep` have it.
      const guests: readonly unknown[] = ['running', 'shutdown', 'guest-panicked', 'suspended'];
      if (guests.includes(status)) return null;
      return `QEMU holds the guest: ${status ?? 'no status'}`;
    } catch (error) {
      return error instanceof BpfrigError ? `QEMU does not answer: ${error.message}` : null;
    }
  }

  /** Whether nothing can happen in the guest any more, by its CPUs' registers. False when QEMU does not answer. */
  async haltedForGood(): Promise<boolean> {
    return this.#qmp.human('info registers -a', QMP_ANSWER_MS).then(
      text => haltedForGood(this.#arch, text),
      () => false,
    );
  }

  async postMortem(): Promise<string | null> {
    const answerMs = QMP_ANSWER_MS * hostPressure();
    const ask = async (): Promise<string> => {
      const registers = await this.#qmp.human('info registers -a', answerMs);
      // Not every machine has one: where its CPUs stand is known then, and what the kernel would have said is not.
      await this.#qmp.execute('inject-nmi', {}, answerMs).catch(() => undefined);
      return cpuLines(this.#arch, registers);
    };
    const states = await ask().catch(() => null);
    await drainConsole(this, null, states === null ? 0 : STACKS_MS);
    return states;
  }

  async forwardSsh(): Promise<number> {
    for (const netdev of SSH_NETDEVS) await this.#qmp.execute('netdev_add', netdev);
    const refusal = await this.#qmp.human(`hostfwd_add ${SSH_NETDEVS[0].id} tcp:127.0.0.1:0-:22`);
    const text = await this.#qmp.human('info usernet');
    const port = /TCP\[HOST_FORWARD\]\s+\d+\s+\S+\s+(\d+)\s+\S+\s+22\b/.exec(text)?.[1];
    if (port !== undefined) return Number(port);
    const detail = `${refusal}\n${text}`.trim();
    throw new BpfrigError('infra', 'QEMU does not forward a port to the guest for ssh', { detail });
  }

  async openGdb(): Promise<string> {
    const { gdb, gdbUri } = this.#gdb;
    const answer = await this.#qmp.human(`gdbserver ${gdbUri},server=on,wait=off`);
    if (existsSync(gdb)) return gdb;
    throw new BpfrigError('infra', 'QEMU opens no socket for a debugger', { detail: answer.trim() });
  }

  async openHoldPoints(): Promise<HoldPoints> {
    return await HoldPoints.open(await this.openGdb(), this.#arch);
  }

  async save(statePath: string): Promise<void> {
    await saveState(this.#qmp, this.#state, statePath);
  }

  /** Loads what `save` wrote (`readState`), in a QEMU that was started with `device.incoming()`, and lets the guest run. */
  async load(state: Buffer): Promise<void> {
    await loadState(this.#qmp, this.#state, state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#qmp.close();
    // A guest holds nothing that is worth an orderly shutdown, and a stopped QEMU would never reach one.
    await this.process.kill();
  }
}
