import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { BpfrigError } from '../util/errors.ts';

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Data of the QMP events that are used here (qapi/char.json). */
export interface QmpEvents {
  /** The guest opened or closed a virtio-serial port; `id` is the device's. */
  VSERPORT_CHANGE: [{ readonly id: string; readonly open: boolean }];
}

type Message =
  | { readonly id: number; readonly return?: unknown; readonly error?: { readonly desc: string } }
  | { readonly event: keyof QmpEvents; readonly data: never };

/** A QMP session (docs/interop/qmp-spec.txt): commands in, results and events out. */
export class Qmp {
  readonly events = new EventEmitter<QmpEvents>();
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #closed: Error | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('close', () => this.#fail(new BpfrigError('infra', 'QMP: QEMU closed the connection')));
    socket.on('error', () => undefined);
    createInterface({ input: socket }).on('line', line => this.#onLine(line));
  }

  /** Connects to QEMU's socket, which QEMU makes a moment after it starts. Throws `infra` after `timeoutMs`. */
  static async connect(path: string, timeoutMs: number, alive: () => boolean): Promise<Qmp> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const socket = await dial(path);
      if (socket !== null) {
        const qmp = new Qmp(socket);
        await qmp.execute('qmp_capabilities');
        return qmp;
      }
      if (!alive()) throw new BpfrigError('infra', 'QEMU ended before its QMP socket was there');
      if (Date.now() > deadline)
        throw new BpfrigError('infra', `QMP: no answer on the socket within ${timeoutMs} ms`);
      await sleep(3);
    }
  }

  /** Runs one command and returns its `return`. Throws `infra` with QEMU's own description. */
  execute(command: string, args: Record<string, unknown> = {}): Promise<unknown> {
    if (this.#closed !== null) return Promise.reject(this.#closed);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  /** Runs a command of the human monitor and returns its text. */
  async human(commandLine: string): Promise<string> {
    return String(await this.execute('human-monitor-command', { 'command-line': commandLine }));
  }

  close(): void {
    this.#socket.destroy();
  }

  #onLine(line: string): void {
    const message = JSON.parse(line) as Message;
    if ('event' in message) {
      this.events.emit(message.event, message.data);
      return;
    }
    // The greeting has no id either.
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.error === undefined) pending?.resolve(message.return);
    else pending?.reject(new BpfrigError('infra', `QMP: ${message.error.desc}`));
  }

  #fail(error: Error): void {
    this.#closed = error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

function dial(path: string): Promise<Socket | null> {
  return new Promise(resolve => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}
