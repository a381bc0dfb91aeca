import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BpfrigError } from '../util/errors.ts';
import { hostPressure } from '../util/host-pressure.ts';

/** Why a machine stopped: https://sourceware.org/gdb/current/onlinedocs/gdb.html/Stop-Reply-Packets.html. */
export interface Stop {
  /** GDB's number of a signal: {@link TRAP} for a breakpoint or a single step, 2 for {@link GdbRemote.interrupt}. */
  readonly signal: number;
  /** QEMU's thread, that is the CPU counted from 1. Of a machine that was interrupted it says nothing. */
  readonly thread: number;
}

/** The signal of a CPU that is at a breakpoint, or has made a single step. */
export const TRAP = 5;

/** Longest time for an answer on a host that is not overloaded, in milliseconds. */
const ANSWER_MS = 10_000;

/** How long the stub may take to open its socket. */
const OPEN_MS = 5_000;

/** Pause between two looks for the socket. */
const LOOK_MS = 5;

/** What interrupts a machine that runs: no packet, one byte. */
const INTERRUPT = '\x03';

/** What waits for a packet of the stub's. */
interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A session of GDB's remote protocol with QEMU's stub (gdbstub/ of QEMU's source), whose machine stops when a session begins. While it runs,
 * any byte stops it: requests are for a machine that is stopped, {@link resume} lets it run until {@link interrupt} or a breakpoint.
 *
 * Thread numbers are without processes (`multiprocess` is not asked for): CPU n is thread n + 1. Throws `infra`.
 */
export class GdbRemote {
  readonly #socket: Socket;
  readonly #answerMs: number;
  #received = '';
  #answer: (Waiting<string> & { readonly packet: string; readonly deadline: NodeJS.Timeout }) | null = null;
  #stop: Waiting<Stop> | null = null;
  #closed: Error | null = null;

  private constructor(socket: Socket, answerMs: number) {
    this.#socket = socket;
    this.#answerMs = answerMs;
    socket.setEncoding('latin1').on('data', text => this.#onText(String(text)));
    socket.on('error', () => undefined);
    socket.on('close', () => this.#fail('QEMU closed the connection'));
  }

  /** Connects to a stub that is about to be there, which stops the machine. */
  static async connect(path: string, answerMs = ANSWER_MS * hostPressure()): Promise<GdbRemote> {
    const deadline = performance.now() + OPEN_MS * hostPressure();
    for (;;) {
      const socket = await dial(path);
      if (socket !== null) return new GdbRemote(socket, answerMs);
      if (performance.now() > deadline) throw failure(`no socket ${path}`);
      await sleep(LOOK_MS);
    }
  }

  /** Sends a packet and returns the answer. Rejects for one that the stub refuses (`E…`) or does not know (empty). */
  async ask(packet: string): Promise<string> {
    if (this.#closed !== null) throw this.#closed;
    if (this.#answer !== null || this.#stop !== null)
      throw failure(`${packet} was sent before the last packet was answered`);
    const answer = await new Promise<string>((resolve, reject) => {
      const text = `no answer to ${packet} within ${Math.round(this.#answerMs)} ms`;
      const deadline = setTimeout(() => this.#fail(text), this.#answerMs);
      this.#answer = { packet, resolve, reject, deadline };
      this.#send(packet);
    });
    if (answer === '' || answer.startsWith('E')) throw failure(`${packet} is refused: \`${answer}\``);
    return answer;
  }

  /** Lets the machine run by a `vCont` packet. Resolves with why it stopped. Nothing else may be sent meanwhile but {@link interrupt}. */
  async resume(packet: string): Promise<Stop> {
    if (this.#closed !== null) throw this.#closed;
    return await new Promise<Stop>((resolve, reject) => {
      this.#stop = { resolve, reject };
      this.#send(packet);
    });
  }

  /**
   * Lets one CPU do a single instruction by a `vCont` packet, while all others stand. Rejects where it does not come to its end in time, as one that
   * halts the CPU.
   */
  async step(packet: string): Promise<Stop> {
    const over = this.resume(packet);
    const deadline = setTimeout(
      () => this.#fail(`${packet} does not end within ${Math.round(this.#answerMs)} ms`),
      this.#answerMs,
    );
    try {
      return await over;
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Stops a machine that runs; {@link resume} then resolves, if it has not by itself. Rejects it where QEMU does not stop in time. */
  interrupt(): void {
    const pending = this.#stop;
    if (pending === null) return;
    this.#socket.write(INTERRUPT);
    const deadline = setTimeout(() => {
      if (this.#stop === pending)
        this.#fail(`the machine does not stop within ${Math.round(this.#answerMs)} ms`);
    }, this.#answerMs);
    deadline.unref();
  }

  /** The threads that QEMU has, one a CPU. */
  async threads(): Promise<readonly number[]> {
    const found: number[] = [];
    for (let answer = await this.ask('qfThreadInfo'); answer.startsWith('m');) {
      found.push(
        ...answer
          .slice(1)
          .split(',')
          .map(hex => Number.parseInt(hex, 16)),
      );
      answer = await this.ask('qsThreadInfo');
    }
    return found;
  }

  /** Ends the session. A machine that is stopped stays so: `D` lets it run. */
  close(): void {
    this.#socket.destroy();
  }

  #send(packet: string): void {
    this.#socket.write(`$${packet}#${checksum(packet)}`);
  }

  #onText(text: string): void {
    this.#received += text;
    for (;;) {
      // Between packets are acknowledgements of ours.
      const [whole, packet = '', sum] = /^[^$]*\$([^#]*)#([0-9a-f]{2})/i.exec(this.#received) ?? [];
      if (whole === undefined) return;
      this.#received = this.#received.slice(whole.length);
      if (sum?.toLowerCase() !== checksum(packet)) {
        this.#fail(`a packet is damaged: ${packet.slice(0, 80)}`);
        return;
      }
      this.#socket.write('+');
      this.#onPacket(packet);
    }
  }

  #onPacket(packet: string): void {
    const stop = /^T([0-9a-f]{2})thread:([0-9a-f]+);/i.exec(packet);
    if (this.#stop !== null) {
      const { resolve } = this.#stop;
      if (stop === null) {
        this.#fail(`instead of a reason to stop came \`${packet.slice(0, 80)}\``);
        return;
      }
      this.#stop = null;
      const [, signal = '', thread = ''] = stop;
      resolve({ signal: Number.parseInt(signal, 16), thread: Number.parseInt(thread, 16) });
      return;
    }
    const waiting = this.#answer;
    // Some releases report that the new session stopped the machine, which nobody asked.
    if (waiting === null || (stop !== null && waiting.packet !== '?')) return;
    clearTimeout(waiting.deadline);
    this.#answer = null;
    waiting.resolve(packet);
  }

  #fail(text: string): void {
    this.#closed ??= failure(text);
    clearTimeout(this.#answer?.deadline);
    this.#answer?.reject(this.#closed);
    this.#stop?.reject(this.#closed);
    this.#answer = null;
    this.#stop = null;
    this.#socket.destroy();
  }
}

function checksum(packet: string): string {
  const sum = Buffer.from(packet, 'latin1').reduce((total, byte) => total + byte, 0) % 256;
  return sum.toString(16).padStart(2, '0');
}

function failure(text: string): BpfrigError {
  return new BpfrigError('infra', `QEMU's gdb stub: ${text}`);
}

/** Null while nobody listens. */
async function dial(path: string): Promise<Socket | null> {
  return await new Promise(resolve => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}
