import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { hostPressure } from '../util/host-pressure.ts';
import { LineSplitter } from '../util/line-splitter.ts';

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly deadline: NodeJS.Timeout;
}

/**
 * Longest time for an answer on a host that is not overloaded, in milliseconds. A QEMU that runs answers at once, one that was stopped
 * never does.
 */
const ANSWER_MS = 10_000;

/** Longest line of QEMU's: the registers of all CPUs are some 100 kB. */
const LINE_MAX_BYTES = 16 * 1024 * 1024;

/** Pause between two looks for a socket that QEMU has not made yet. */
const LOOK_MS = 3;

/** Data of the QMP events that are used here (qapi/char.json, qapi/run-state.json). */
export interface QmpEvents {
  /** The guest opened or closed a virtio-serial port; `id` is the device's. */
  VSERPORT_CHANGE: [{ readonly id: string; readonly open: boolean }];
  /** The machine has come to its end; `reason` is a `ShutdownCause`, such as `guest-reset` or `host-signal`. */
  SHUTDOWN: [{ readonly guest: boolean; readonly reason: string }];
  /** The guest has gone to sleep (ACPI S3), and stays there until somebody wakes it. */
  SUSPEND: [];
  /** The guest's kernel reported a panic, by its pvpanic device. */
  GUEST_PANICKED: [{ readonly action: string }];
}

interface Message {
  readonly QMP?: unknown;
  readonly event?: unknown;
  readonly data?: unknown;
  readonly id?: unknown;
  readonly return?: unknown;
  readonly error?: unknown;
}

/** How a session begins. */
export interface QmpOptions {
  /** Longest time until QEMU has made its socket, has sent its greeting and has answered, in milliseconds. */
  readonly timeoutMs: number;
  /** False once the process has ended. */
  readonly alive: () => boolean;
  /** Longest time for an answer after that. */
  readonly answerMs?: number;
  /** Listeners of events that may come with QEMU's first words. */
  readonly onEvents?: (events: EventEmitter<QmpEvents>) => void;
}

/** A QMP session (docs/interop/qmp-spec.txt): commands in, results and events out. */
export class Qmp {
  readonly events = new EventEmitter<QmpEvents>();
  readonly #socket: Socket;
  readonly #lines = new LineSplitter(LINE_MAX_BYTES);
  readonly #pending = new Map<number, Pending>();
  #answerMs: number;
  #nextId = 1;
  #closed: Error | null = null;

  private constructor(socket: Socket, answerMs: number) {
    this.#socket = socket;
    this.#answerMs = answerMs;
    socket.on('close', () => this.#fail(new BpfrigError('infra', 'QMP: QEMU closed the connection')));
    socket.on('error', () => undefined);
    socket.on('data', chunk => this.#onData(chunk));
  }

  /**
   * Connects to QEMU's socket, which QEMU makes a moment after it starts. Throws `infra` when the session does not stand within the
   * time, whatever QEMU does meanwhile: it makes no socket, says nothing, or says what is no QMP.
   */
  static async connect(path: string, options: QmpOptions): Promise<Qmp> {
    const { timeoutMs, alive, answerMs = ANSWER_MS * hostPressure(), onEvents } = options;
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const socket = await dial(path);
      const leftMs = deadline - performance.now();
      if (socket !== null) {
        const qmp = new Qmp(socket, Math.max(1, leftMs));
        onEvents?.(qmp.events);
        try {
          await qmp.execute('qmp_capabilities');
          qmp.#answerMs = answerMs;
          return qmp;
        } catch (error) {
          qmp.close();
          throw error;
        }
      }
      if (!alive()) throw new BpfrigError('infra', 'QEMU ended before its QMP socket was there');
      if (leftMs <= 0)
        throw new BpfrigError('infra', `QMP: QEMU made no socket within ${Math.round(timeoutMs)} ms`);
      await sleep(LOOK_MS);
    }
  }

  /**
   * Runs one command and returns its `return`, an object; a list or a text is the answer to other commands. Throws `infra` with QEMU's own
   * description, when QEMU answers something else, or when it does not answer in time.
   */
  async execute(
    command: string,
    args: Record<string, unknown> = {},
    answerMs: number = this.#answerMs,
  ): Promise<object> {
    const answer = await this.#ask(command, args, answerMs);
    if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer;
    throw notTheAnswer(command, answer);
  }

  #ask(command: string, args: Record<string, unknown>, answerMs: number): Promise<unknown> {
    if (this.#closed !== null) return Promise.reject(this.#closed);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => this.#giveUp(id, command, answerMs), answerMs);
      this.#pending.set(id, { resolve, reject, deadline });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  /** Runs a command of the human monitor and returns its text. */
  async human(commandLine: string, answerMs: number = this.#answerMs): Promise<string> {
    const command = 'human-monitor-command';
    const answer = await this.#ask(command, { 'command-line': commandLine }, answerMs);
    if (typeof answer === 'string') return answer;
    throw notTheAnswer(command, answer);
  }

  close(): void {
    this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    try {
      for (const line of this.#lines.push(chunk)) this.#onLine(line);
    } catch (error) {
      this.#fail(
        new BpfrigError('infra', `QMP: QEMU does not speak QMP: ${messageOf(error)}`, { cause: error }),
      );
      this.#socket.destroy();
    }
  }

  /** Throws for a line that no QEMU sends. */
  #onLine(line: string): void {
    const message = parse(line);
    if (typeof message.event === 'string') {
      this.events.emit(message.event as keyof QmpEvents, (message.data ?? {}) as never);
      return;
    }
    if (message.QMP !== undefined) return;
    const { id } = message;
    if (typeof id !== 'number' || id < 1 || id >= this.#nextId)
      throw new Error(`an answer to no command: ${line.slice(0, 80)}`);
    const pending = this.#take(id);
    if (message.error === undefined) pending?.resolve(message.return);
    else pending?.reject(new BpfrigError('infra', `QMP: ${descriptionOf(message.error)}`));
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    clearTimeout(pending?.deadline);
    return pending;
  }

  #giveUp(id: number, command: string, answerMs: number): void {
    const text = `QMP: QEMU did not answer ${command} within ${Math.round(answerMs)} ms`;
    this.#take(id)?.reject(new BpfrigError('infra', text));
  }

  #fail(error: Error): void {
    this.#closed ??= error;
    for (const id of this.#pending.keys()) this.#take(id)?.reject(error);
  }
}

function parse(line: string): Message {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null) throw new Error(`not an object: ${line.slice(0, 80)}`);
  return value;
}

function notTheAnswer(command: string, answer: unknown): BpfrigError {
  const text = JSON.stringify(answer) ?? 'nothing';
  return new BpfrigError('infra', `QMP: QEMU answered ${command} with ${text.slice(0, 80)}`);
}

function descriptionOf(error: unknown): string {
  const { desc } = (error ?? {}) as { desc?: unknown };
  return typeof desc === 'string' ? desc : JSON.stringify(error);
}

/** What a socket that is not there yet, or whose QEMU has just ended, answers. */
const NOT_YET = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

/** Null when there is nobody to connect to yet. Throws `infra` when this process cannot connect: no descriptor, no memory. */
function dial(path: string): Promise<Socket | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (NOT_YET.has(error.code ?? '')) resolve(null);
      else
        reject(
          new BpfrigError('infra', `QMP: cannot connect to ${path}: ${error.message}`, { cause: error }),
        );
    });
  });
}
