import { open, type FileHandle } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { BpfrigError, messageOf } from '../util/errors.ts';
import type { AgentEnd } from './failure.ts';
import { CONSOLE_MAX_BYTES } from './privileges.ts';
import { consoleLines, scanLine, withoutTime, type Splat } from './splats.ts';

/** What init prints when the agent has ended: images/init. */
export const AGENT_ENDED_MARK = 'bpfrig: the agent ended';

/** Longest part of a console that is kept as a tail, in lines. */
const TAIL_LINES = 80;

/** How much is kept from the kernel's first complaint on, in lines: a panicking kernel goes on complaining. */
const COMPLAINT_LINES = 80;

/** Most of a line that has not ended, in characters, and most splats that are kept: what a guest says must not fill the memory. */
const [LINE_CHARS, MOST_SPLATS] = [64 * 1024, 1_000];

/** How much of the file is read at once. */
const PIECE_BYTES = 1024 * 1024;

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
  #agent: AgentEnd = { oomKill: null, status: null };
  readonly #decoder = new StringDecoder('utf8');
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
    const lines: string[] = [];
    await this.#readOn(text => {
      const parts = consoleLines(this.#partial + text);
      // A line that does not end must not fill the memory.
      this.#partial = (parts.pop() ?? '').slice(-LINE_CHARS);
      for (const line of parts) this.#see(line);
      for (const line of parts) lines.push(line);
    });
    this.#checkFull();
    return lines;
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

  /** How the agent's process ended, as far as the kernel and init have printed it. */
  get agent(): AgentEnd {
    return this.#agent;
  }

  /** What a guest says after its console is full is lost, a panic included: that must not be green. */
  #checkFull(): void {
    if (this.#full || this.#offset < this.#maxBytes) return;
    this.#full = true;
    const line = `the guest flooded its console: ${this.#maxBytes} bytes are kept, and the rest is lost`;
    this.splats.push({ kind: 'splat', line });
  }

  #see(line: string): void {
    this.#seeAgent(line);
    this.#lines += 1;
    this.#tail.push(line);
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    const splat = scanLine(line);
    if (splat !== null && this.splats.length === 0) this.#complaintAt = this.#lines - 1;
    if (splat !== null && this.#counts(splat)) this.splats.push(splat);
    if (this.splats.length > 0 && this.#complaint.length < COMPLAINT_LINES) this.#complaint.push(line);
  }

  #counts({ kind }: Splat): boolean {
    return this.splats.length < MOST_SPLATS || (kind === 'panic' && !this.panicked);
  }

  #seeAgent(line: string): void {
    // mm/oom_kill.c: `Out of memory: Killed process 61 (bpfrig-agent) …`, and the same of a cgroup.
    if (/out of memory: Killed process \d+ \(bpfrig-agent\)/i.test(line))
      this.#agent = { ...this.#agent, oomKill: withoutTime(line).trim() };
    if (!line.includes(AGENT_ENDED_MARK)) return;
    const status = /\(status (\d+)\)/.exec(line)?.[1];
    if (status !== undefined) this.#agent = { ...this.#agent, status: Number(status) };
  }

  /** Reads up to where the file ends now, piece by piece: a guest may write faster than a process reads. */
  async #readOn(take: (text: string) => void): Promise<void> {
    const file = await openIfThere(this.path);
    if (file === null) return;
    try {
      const { size } = await file.stat();
      while (this.#offset < size) {
        const buffer = Buffer.alloc(Math.min(size - this.#offset, PIECE_BYTES));
        const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#offset);
        if (bytesRead === 0) return;
        this.#offset += bytesRead;
        take(this.#decoder.write(buffer.subarray(0, bytesRead)));
      }
    } finally {
      await file.close();
    }
  }
}

/** Null where there is no such file. Throws `infra` for anything else: a console that cannot be read may have a panic. */
async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new BpfrigError('infra', `the guest's console cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
