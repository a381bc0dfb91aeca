import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { RunningGuest } from '../guest/running-guest.ts';
import { isRed } from '../model/verdict.ts';
import { oneLine } from '../report/text.ts';
import type { KeepGuests } from '../run/cell.ts';
import { messageOf } from '../util/errors.ts';
import { makeWorkspace } from '../util/workspace.ts';
import { sshCommand } from './way-in.ts';

/** What `--keep` keeps: the guests of red cells, or those of all. */
export const KEEP_CHOICES = ['red', 'always'] as const;
export type KeepChoice = (typeof KEEP_CHOICES)[number];

/** A terminal, or what stands for one: where somebody reads, and presses Enter. */
export interface KeepTerminal {
  readonly input: NodeJS.ReadableStream;
  readonly write: (text: string) => void;
}

/** A guest that waits for Enter. */
interface Kept {
  readonly id: string;
  readonly release: () => void;
}

/**
 * `--keep`: leaves the guests of cells as they are, prints the verdict and how to get into them, and lets the oldest go with each Enter. Their agents
 * still have everything that the scenario made: maps, programs, devices. Only now is ssh started in them. An input that ends lets all of them go.
 */
export class KeptGuests implements Disposable {
  readonly #choice: KeepChoice;
  readonly #signal: AbortSignal;
  readonly #terminal: KeepTerminal;
  readonly #lines: Interface;
  readonly #kept: Kept[] = [];
  #closed = false;

  /** All are let go when `signal` is aborted. */
  constructor(choice: KeepChoice, signal: AbortSignal, terminal: KeepTerminal = TERMINAL) {
    this.#choice = choice;
    this.#signal = signal;
    this.#terminal = terminal;
    this.#lines = createInterface({ input: terminal.input });
    this.#lines.on('line', () => this.#letOldestGo());
    this.#lines.on('close', () => this.#letAllGo());
    signal.addEventListener('abort', () => this.#letAllGo(), { once: true });
  }

  /** Resolves when the guests may end: at once for those that are not to be kept. */
  readonly keep: KeepGuests = async (cell, { guests }, { verdict, reason }) => {
    if (this.#choice === 'red' && !isRed(verdict)) return;
    await using workspace = await makeWorkspace();
    const ways = await Promise.all(
      guests.map((guest, index) => wayInto(guest, join(workspace.dir, String(index)))),
    );
    const why = reason === '' ? '' : `: ${oneLine(reason)}`;
    this.#terminal.write(`bpfrig: kept ${cell.id}, ${verdict}${why}\n${ways.join('')}`);
    await new Promise<void>(resolve => {
      this.#kept.push({ id: cell.id, release: resolve });
      this.#sayWhoIsNext();
      if (this.#closed || this.#signal.aborted) this.#letAllGo();
    });
  };

  [Symbol.dispose](): void {
    this.#lines.close();
  }

  #letOldestGo(): void {
    this.#kept.shift()?.release();
    this.#sayWhoIsNext();
  }

  #letAllGo(): void {
    this.#closed = true;
    for (const { release } of this.#kept.splice(0)) release();
  }

  #sayWhoIsNext(): void {
    const [next, ...others] = this.#kept;
    if (next === undefined) return;
    const which = others.length === 0 ? 'it' : `${next.id} (the oldest of ${this.#kept.length})`;
    this.#terminal.write(`  Enter lets ${which} go.\n`);
  }
}

const TERMINAL: KeepTerminal = {
  input: process.stdin,
  write: text => void process.stderr.write(text),
};

/** One line with the command of ssh, or with the reason why there is none: the cell keeps its verdict either way. */
async function wayInto(guest: RunningGuest, dir: string): Promise<string> {
  const name = guest.name === null ? '' : `${guest.name}: `;
  try {
    return `  ${name}${sshCommand(await guest.openSsh(), dir)}\n`;
  } catch (error) {
    return `  ${name}no ssh: ${messageOf(error)}\n`;
  }
}
