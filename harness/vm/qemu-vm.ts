import { setTimeout as sleep } from 'node:timers/promises';
import { BpfrigError } from '../util/errors.ts';
import { ConsoleWatcher } from './console.ts';
import { cpuLines } from './cpu-lines.ts';
import { AGENT_PORT, SSH_NETDEVS } from './devices.ts';
import { drainConsole } from './drain-console.ts';
import { loadState, saveState, type StateSocket } from './migration.ts';
import type { VmEnd, VmProcess } from './process.ts';
import type { Qmp } from './qmp.ts';
import type { BootedVm } from './vm.ts';

/** How long a kernel may take to print its stacks. */
const STACKS_MS = 3_000;

/** How long QEMU may take to answer a question about a guest that hangs; a stopped QEMU never does. */
const QMP_ANSWER_MS = 1_000;

/** What a QEMU is reached by. */
export interface VmPaths {
  readonly console: string;
  readonly consoleMaxBytes?: number | undefined;
  readonly agentSocket: string;
  /** Socket for the state of the devices, and QEMU's name of it. */
  readonly state: string;
  readonly stateUri: string;
}

/** A QEMU of ours with its QMP session and its console. */
export class QemuVm implements BootedVm {
  readonly console: ConsoleWatcher;
  readonly agentSocket: string;
  readonly agentGone: Promise<void>;
  readonly #process: VmProcess;
  readonly #qmp: Qmp;
  readonly #state: StateSocket;

  constructor(process: VmProcess, qmp: Qmp, paths: VmPaths) {
    this.#process = process;
    this.#qmp = qmp;
    this.console = new ConsoleWatcher(paths.console, paths.consoleMaxBytes);
    this.agentSocket = paths.agentSocket;
    this.#state = { path: paths.state, uri: paths.stateUri };
    this.agentGone = untilAgentGone(qmp);
  }

  get pid(): number {
    return this.#process.pid;
  }

  get ended(): Promise<VmEnd> {
    return this.#process.ended;
  }

  end(): VmEnd | null {
    return this.#process.end();
  }

  async postMortem(): Promise<string | null> {
    const ask = async (): Promise<string> => {
      const registers = await this.#qmp.human('info registers -a');
      await this.#qmp.execute('inject-nmi');
      return cpuLines(registers);
    };
    const never = sleep(QMP_ANSWER_MS).then(() => null);
    const states = await Promise.race([ask().catch(() => null), never]);
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

  async save(statePath: string): Promise<void> {
    await saveState(this.#qmp, this.#state, statePath);
  }

  /** Loads what `save` wrote, in a QEMU that was started with `device.incoming()`, and lets the guest run. */
  async load(statePath: string): Promise<void> {
    await loadState(this.#qmp, this.#state, statePath);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#qmp.close();
    // A guest holds nothing that is worth an orderly shutdown, and a stopped QEMU would never reach one.
    this.#process.kill();
    await this.#process.ended;
  }
}

function untilAgentGone(qmp: Qmp): Promise<void> {
  return new Promise(resolve => {
    qmp.events.on('VSERPORT_CHANGE', ({ id, open }) => {
      if (id === AGENT_PORT.id && !open) resolve();
    });
  });
}
