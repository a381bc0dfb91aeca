import type { RunEvent } from '../model/events.ts';
import { createLiveBoard } from '../report/live-board.ts';
import type { LastDurations } from '../run/shard.ts';

/** How often the board is drawn again while nothing happens, for its clocks. */
const REDRAW_MS = 250;

/** Keeps a live board below the text that scrolls by: the one place that moves the cursor. */
export class LiveScreen {
  readonly #out: NodeJS.WriteStream;
  readonly #board;
  readonly #timer: NodeJS.Timeout;
  #drawn = 0;

  constructor(out: NodeJS.WriteStream, color: boolean, last: LastDurations) {
    this.#out = out;
    this.#board = createLiveBoard({ color, lastMs: id => last.get(id) });
    this.#timer = setInterval(() => this.#draw(''), REDRAW_MS);
    this.#timer.unref();
  }

  /** Prints text above the board. */
  show(text: string, event: RunEvent | null): void {
    if (event !== null) this.#board.onEvent(event);
    this.#draw(text);
  }

  /** Takes the board away. */
  close(): void {
    clearInterval(this.#timer);
    this.#out.write(this.#erase());
  }

  #draw(text: string): void {
    const { columns = 80, rows = 24 } = this.#out;
    const lines = this.#board.render({ now: Date.now(), columns, rows });
    const erase = this.#erase();
    this.#drawn = lines.length;
    this.#out.write(erase + text + lines.map(line => `${line}\n`).join(''));
  }

  /** Up to the board's first line, and clears from there: ECMA-48 CPL and ED. */
  #erase(): string {
    const up = this.#drawn;
    this.#drawn = 0;
    return up === 0 ? '' : `\x1b[${up}F\x1b[J`;
  }
}
