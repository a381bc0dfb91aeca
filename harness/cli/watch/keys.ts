import { createInterface } from 'node:readline';
import type { WatchCommand } from './inbox.ts';

/** The keys of a watch, for the line that explains them. */
export const KEYS = 'a all, f failed, / filter, q quit';

/**
 * Reports what is typed on the terminal, key by key, and on any other input line by line: `a` or an empty line, `f`, `/TEXT`, `q`. Disposing gives
 * the terminal back. An input that ends is no command.
 */
export function onKeys(
  input: NodeJS.ReadStream,
  write: (text: string) => void,
  report: (command: WatchCommand) => void,
): Disposable {
  return input.isTTY === true ? onTerminal(input, write, report) : onLines(input, report);
}

function onLines(input: NodeJS.ReadStream, report: (command: WatchCommand) => void): Disposable {
  const lines = createInterface({ input });
  lines.on('line', line => {
    const command = commandOf(line.trim());
    if (command !== null) report(command);
  });
  return { [Symbol.dispose]: () => lines.close() };
}

/** A command as a line, or null for what is none. */
export function commandOf(line: string): WatchCommand | null {
  if (line.startsWith('/')) return { kind: 'filter', text: line.slice(1) };
  if (line === '' || line === 'a') return { kind: 'all' };
  if (line === 'f') return { kind: 'failed' };
  return line === 'q' ? { kind: 'quit' } : null;
}

function onTerminal(
  input: NodeJS.ReadStream,
  write: (text: string) => void,
  report: (command: WatchCommand) => void,
): Disposable {
  const keys = new TypedKeys(write, report, () => process.kill(process.pid, 'SIGINT'));
  const onData = (data: Buffer): void => keys.type(data.toString());
  input.setRawMode(true);
  input.on('data', onData);
  return {
    [Symbol.dispose]: () => {
      input.off('data', onData);
      input.setRawMode(false);
      input.pause();
    },
  };
}

/** What is typed on a terminal that passes each key on: a filter is shown as it is typed, and ends with Enter or, unchanged, with Escape. */
export class TypedKeys {
  readonly #write: (text: string) => void;
  readonly #report: (command: WatchCommand) => void;
  readonly #interrupt: () => void;
  #filter: string | null = null;

  constructor(write: (text: string) => void, report: (command: WatchCommand) => void, interrupt: () => void) {
    this.#write = write;
    this.#report = report;
    this.#interrupt = interrupt;
  }

  /** Takes what the terminal sent. */
  type(text: string): void {
    for (const key of text) {
      // A terminal in this mode sends no signal by itself.
      if (key === '\x03') this.#interrupt();
      else if (this.#filter === null) this.#command(key);
      else this.#filter = this.#typed(key, this.#filter);
    }
  }

  #command(key: string): void {
    if (key === '/') {
      this.#filter = '';
      this.#write('filter: ');
      return;
    }
    const command = commandOf(key === '\r' || key === '\n' ? '' : key);
    if (command !== null) this.#report(command);
  }

  #typed(key: string, filter: string): string | null {
    if (key === '\x1b' || key === '\r' || key === '\n') {
      this.#write('\n');
      if (key !== '\x1b') this.#report({ kind: 'filter', text: filter });
      return null;
    }
    if (key === '\x7f' || key === '\b') {
      if (filter !== '') this.#write('\b \b');
      return filter.slice(0, -1);
    }
    this.#write(key);
    return filter + key;
  }
}
