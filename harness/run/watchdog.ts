import { TIME_UP, within } from '../util/deadline.ts';
import { hostPressure } from '../util/host-pressure.ts';

/** How long work may take to end once it was aborted. After that it is left alone: it may wait for what will never come. */
const GRACE_MS = 10_000;

/** Ends work that takes too long, whatever it waits for. */
export class Watchdog {
  /** Aborted when the time is up, with the reason. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #limitMs: number;
  #startedAt = performance.now();
  #timer: NodeJS.Timeout | null = null;

  /** `limitMs`: on a host that is not overloaded. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.signal = this.#controller.signal;
  }

  /** Does work that gets `signal`. Returns its result, or that of `onTime` when the time is up and the work has had a moment to end. */
  async watch<T>(work: () => Promise<T>, onTime: (limitMs: number) => T): Promise<T> {
    this.#arm(this.#limitMs);
    const working = work();
    // Whichever comes second is not waited for.
    working.catch(() => undefined);
    const timeUp = new Promise<typeof TIME_UP>(resolve => {
      this.signal.addEventListener('abort', () => resolve(TIME_UP));
    });
    try {
      const first = await Promise.race([working, timeUp]);
      if (first !== TIME_UP) return first;
      // Asked now: what it says is of this moment, not of the end that follows.
      const outcome = onTime(performance.now() - this.#startedAt);
      await within(GRACE_MS, working).catch(() => undefined);
      return outcome;
    } finally {
      this.#disarm();
    }
  }

  /** Does a part of the work whose time does not count, such as waiting for a person; the whole time is there for what follows. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#disarm();
    try {
      return await work();
    } finally {
      this.#startedAt = performance.now();
      this.#arm(this.#limitMs);
    }
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(() => {
      const leftMs = this.#limitMs * hostPressure() - (performance.now() - this.#startedAt);
      if (leftMs > 0) this.#arm(leftMs);
      else this.#controller.abort(new Error('the time limit of the cell'));
    }, ms);
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
