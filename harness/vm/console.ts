import { open } from 'node:fs/promises';
import { CONSOLE_MAX_BYTES } from './privileges.ts';
import { scanLine, withoutTime, type Splat } from './splats.ts';

/** Longest part of a console that is kept as a tail, in lines. */
const TAIL_LINES = 80;

/** How much is kept from the kernel's first complaint on, in lines: a panicking kernel goes on complaining. */
const COMPLAINT_LINES = 80;

/**
 * Follows a guest's console file: remembers its last lines and its splats.
 * Reading is pulled by `poll()`, so that the caller decides how often to look.
 */
export class ConsoleWatcher {
  readonly path: string;
  readonly splats: Splat[] = [];
  readonly #tail: string[] = [];
  /** Lines from the first splat on. */
  readonly #complaint: string[] = [];
  /** Number of the first of them, counted from 0. */
  #complaintAt = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #offset = 0;
  #partial = '';
  #lines = 0;
  readonly #maxBytes: number;
  #full = false;

  constructor(path: string, maxBytes = CONSOLE_MAX_BYTES) {
    this.path = path;
    this.#maxBytes = maxBytes;
  }

  /**
   * Reads what has come since the last call and returns the new lines. A file that does not exist yet has no lines. Calls at the same
   * time take turns: together they would read a part of the console twice and leave out another.
   */
  poll(): Promise<string[]> {
    const turn = this.#turn.then(() => this.#pollOnce());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #pollOnce(): Promise<string[]> {
    const text = await this.#readOn();
    const parts = (this.#partial + text).split(/\r*\n/);
    this.#partial = parts.pop() ?? '';
    for (const line of parts) this.#see(line);
    this.#checkFull();
    return parts;
  }

  /** Last lines, the unfinished one included; before them those of the first splat, where they are further back. */
  get tail(): readonly string[] {
    const before = this.#lines - this.#tail.length - this.#complaintAt;
    const complaint = this.#complaint.slice(0, Math.max(0, before));
    const gap = before - complaint.length;
    return [
      ...complaint,
      ...(complaint.length > 0 && gap > 0 ? [`… ${gap} lines …`] : []),
      ...this.#tail,
      ...(this.#partial === '' ? [] : [this.#partial]),
    ];
  }

  /** How many whole lines have come. */
  get lineCount(): number {
    return this.#lines;
  }

  get panicked(): boolean {
    return this.splats.some(splat => splat.kind === 'panic') || scanLine(this.#partial)?.kind === 'panic';
  }

  /** Whether the kernel panicked, and what it complained of first. */
  get trouble(): { readonly panicked: boolean; readonly complaint: string | null } {
    const [first] = this.splats;
    return { panicked: this.panicked, complaint: first === undefined ? null : withoutTime(first.line) };
  }

  /** What a guest says after its console is full is lost, a panic included: that must not be green. */
  #checkFull(): void {
    if (this.#full || this.#offset < this.#maxBytes) return;
    this.#full = true;
    const line = `the guest flooded its console: ${this.#maxBytes} bytes are kept, and the rest is lost`;
    this.splats.push({ kind: 'splat', line });
  }

  #see(line: string): void {
    this.#lines += 1;
    this.#tail.push(line);
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    const splat = scanLine(line);
    if (splat !== null && this.splats.length === 0) this.#complaintAt = this.#lines - 1;
    if (splat !== null) this.splats.push(splat);
    if (this.splats.length > 0 && this.#complaint.length < COMPLAINT_LINES) this.#complaint.push(line);
  }

  async #readOn(): Promise<string> {
    const file = await open(this.path, 'r').catch(() => null);
    if (file === null) return '';
    try {
      const size = (await file.stat()).size;
      if (size <= this.#offset) return '';
      const buffer = Buffer.alloc(size - this.#offset);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#offset);
      this.#offset += bytesRead;
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  }
}
