import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Machine code that a CPU is made to run instead of what it does. */
export const CODE = {
  /** cli; jmp to itself */
  spin: 'faebfe',
  /** ud2 */
  undefined: '0f0b',
  /** cli; hlt; jmp to the hlt */
  halt: 'faf4ebfd',
} as const;

/** Where the code is put: startup_64, which nothing runs after the boot. Guests boot with nokaslr (vm/devices.ts). */
const AT = 'ffffffff81000000';

/** Numbers of registers in QEMU's gdb stub for x86-64. */
const RIP = '10';

/** How long QEMU may take to open the stub's socket. */
const OPEN_MS = 5_000;

/**
 * Makes CPUs of a guest run a few bytes of code with the privileges of the kernel, by the gdb stub of its QEMU at a Unix socket. A CPU that
 * is halted runs them after its next interrupt. `cpus` counts from 0.
 */
export async function divertCpus(path: string, cpus: readonly number[], code: string): Promise<void> {
  const gdb = await GdbStub.open(path);
  try {
    for (const cpu of cpus) {
      await gdb.ask(`Hg${(cpu + 1).toString(16)}`);
      await gdb.ask(`M${AT},${(code.length / 2).toString(16)}:${code}`);
      await gdb.ask(`P${RIP}=${littleEndian(AT)}`);
    }
    await gdb.ask('D');
  } finally {
    gdb.close();
  }
}

function littleEndian(hex: string): string {
  return Buffer.from(hex, 'hex').reverse().toString('hex');
}

/** A session of the remote serial protocol: https://sourceware.org/gdb/current/onlinedocs/gdb.html/Remote-Protocol.html. */
export class GdbStub {
  readonly #socket: Socket;
  #received = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1').on('data', text => (this.#received += String(text)));
    socket.on('error', () => undefined);
  }

  /** Connects to a stub that is about to be there. */
  static async open(path: string): Promise<GdbStub> {
    const deadline = performance.now() + OPEN_MS;
    for (;;) {
      const socket = await new Promise<Socket | null>(resolve => {
        const tried = connect(path);
        tried.once('connect', () => resolve(tried));
        tried.once('error', () => resolve(null));
      });
      if (socket !== null) return new GdbStub(socket);
      if (performance.now() > deadline) throw new Error(`no gdb stub at ${path}`);
      await sleep(5);
    }
  }

  /** Sends one packet and returns the answer to it. */
  async ask(packet: string): Promise<string> {
    const sum = Buffer.from(packet, 'latin1').reduce((total, byte) => total + byte, 0) % 256;
    this.#received = '';
    this.#socket.write(`$${packet}#${sum.toString(16).padStart(2, '0')}`);
    const deadline = performance.now() + OPEN_MS;
    for (;;) {
      const answer = /\$([^#]*)#../.exec(this.#received)?.[1];
      if (answer !== undefined) {
        this.#socket.write('+');
        if (answer.startsWith('E')) throw new Error(`the gdb stub refuses ${packet}: ${answer}`);
        return answer;
      }
      if (performance.now() > deadline) throw new Error(`the gdb stub does not answer ${packet}`);
      await sleep(2);
    }
  }

  /** Ends the session. */
  close(): void {
    this.#socket.destroy();
  }
}
