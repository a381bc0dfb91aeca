import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { BpfrigError } from '../util/errors.ts';

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly deadline: NodeJS.Timeout;
}

/** Longest time for an answer in milliseconds. A QEMU that runs answers at once, one that was stopped never does. */
const ANSWER_MS = 30_000;

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
  readonly #answerMs: number;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #closed: Error | null = null;

  private constructor(socket: Socket, answerMs: number) {
    this.#socket = socket;
    this.#answerMs = answerMs;
    socket.on('close', () => this.#fail(new BpfrigError('infra', 'QMP: QEMU closed the connection')));
    socket.on('error', () => undefined);
    createInterface({ input: socket }).on('line', line => this.#onLine(line));
  }

  /**
   * Connects to QEMU's socket, which QEMU makes a moment after it starts. Throws `infra` after `timeoutMs`, or when QEMU accepts the
   * connection and does not answer.
   */
  static async connect(
    path: string,
    timeoutMs: number,
    alive: () => boolean,
    answerMs = ANSWER_MS,
  ): Promise<Qmp> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const socket = await dial(path);
      if (socket !== null) {
        const qmp = new Qmp(socket, answerMs);
        try {
          await qmp.execute('qmp_capabilities');
          return qmp;
        } catch (error) {
          qmp.close();
          throw error;
        }
      }
      if (!alive()) throw new BpfrigError('infra', 'QEMU ended before its QMP socket was there');
      if (Date.now() > deadline)
        throw new BpfrigError('infra', `QMP: no answer on the socket within ${timeoutMs} ms`);
      await sleep(3);
    }
  }

  /** Runs one command and returns its `return`. Throws `infra` with QEMU's own description, or when QEMU does not answer in time. */
  execute(command: string, args: Record<string, unknown> = {}): Promise<unknown> {
    if (this.#closed !== null) return Promise.reject(this.#closed);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => this.#giveUp(id, command), this.#answerMs);
      this.#pending.set(id, { resolve, reject, deadline });
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
    const message = parse(line);
    if (message === null) return;
    if ('event' in message) {
      this.events.emit(message.event, message.data);
      return;
    }
    // The greeting has no id either.
    const pending = this.#take(message.id);
    if (message.error === undefined) pending?.resolve(message.return);
    else pending?.reject(new BpfrigError('infra', `QMP: ${message.error.desc}`));
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    clearTimeout(pending?.deadline);
    return pending;
  }

  #giveUp(id: number, command: string): void {
    const text = `QMP: QEMU did not answer ${command} within ${this.#answerMs} ms`;
    this.#take(id)?.reject(new BpfrigError('infra', text));
  }

  #fail(error: Error): void {
    this.#closed = error;
    for (const id of this.#pending.keys()) this.#take(id)?.reject(error);
  }
}

function parse(line: string): Message | null {
  try {
    return JSON.parse(line) as Message;
  } catch {
    // A QEMU that was killed in the middle of a line: the connection is closed next, which rejects what is open.
    return null;
  }
}

function dial(path: string): Promise<Socket | null> {
  return new Promise(resolve => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}
