import { createInterface } from 'node:readline';
import type { WatchCommand } from './inbox.ts';

/** Receives each command, and null for something that is none. */
type Report = (command: WatchCommand | null) => void;

/** The keys of a watch, for the line that explains them. */
export const KEYS = 'a all, f failed, / filter, q quit';

/**
 * Reports what is typed on the terminal, key by key, and on any other input line by line: `a` or an empty line, `f`, `/TEXT`, `q`. Disposing gives
 * the terminal back. An input that ends is nothing.
 */
export function onKeys(input: NodeJS.ReadStream, write: (text: string) => void, report: Report): Disposable {
  return input.isTTY === true ? onTerminal(input, write, report) : onLines(input, report);
}

function onLines(input: NodeJS.ReadStream, report: Report): Disposable {
  const lines = createInterface({ input });
  lines.on('line', line => {
    report(commandOf(line.trim()));
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

function onTerminal(input: NodeJS.ReadStream, write: (text: string) => void, report: Report): Disposable {
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

/** Control sequences of ECMA-48, and of function keys. */
// oxlint-disable-next-line no-control-regex
const SEVERAL = /\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])/g;

/** What is typed on a terminal that passes each key on: a filter is shown as it is typed, and ends with Enter or, unchanged, with Escape. */
export class TypedKeys {
  readonly #write: (text: string) => void;
  readonly #report: Report;
  readonly #interrupt: () => void;
  #filter: string | null = null;

  constructor(write: (text: string) => void, report: Report, interrupt: () => void) {
    this.#write = write;
    this.#report = report;
    this.#interrupt = interrupt;
  }

  /** Takes what the terminal sent. Keys that send several characters, as arrows do, are none of its own. */
  type(text: string): void {
    for (const key of text.replaceAll(SEVERAL, '')) {
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
    this.#report(commandOf(key === '\r' || key === '\n' ? '' : key));
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
