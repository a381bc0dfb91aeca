/** What somebody asks of a watch while it goes on. */
export type WatchCommand =
  | { readonly kind: 'all' }
  | { readonly kind: 'failed' }
  /** Only cells with this text from now on; empty: all cells. */
  | { readonly kind: 'filter'; readonly text: string }
  | { readonly kind: 'quit' };

/** Something that ends a watch's waiting. */
export type WatchEvent = WatchCommand | { readonly kind: 'changed'; readonly file: string };

/** An editor writes a file in several steps, and several files at once: what comes within this time, in milliseconds, is one change. */
const TOGETHER_MS = 60;

/** Collects what files and keys report until somebody takes it. */
export class Inbox {
  #events: WatchEvent[] = [];
  #wake: () => void = () => undefined;
  #arrival = this.#nextArrival();

  /** Adds an event. */
  put(event: WatchEvent): void {
    this.#events.push(event);
    this.#wake();
  }

  /** Resolves when there is something to take, or at once where there is already. */
  async arrived(): Promise<void> {
    await this.#arrival;
  }

  /** Takes everything that is there, and what comes with it. */
  async take(): Promise<readonly WatchEvent[]> {
    await this.arrived();
    let [before, count] = [-1, this.#events.length];
    while (before !== count) {
      await new Promise(resolve => setTimeout(resolve, TOGETHER_MS));
      [before, count] = [count, this.#events.length];
    }
    const events = this.#events;
    this.#events = [];
    this.#arrival = this.#nextArrival();
    return events;
  }

  #nextArrival(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve;
    });
  }
}
