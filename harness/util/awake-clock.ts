/**
 * The time in which this process could do its work, in milliseconds: a clock for how long somebody else has been silent. While the
 * event loop is blocked, or the process or the machine is stopped, what others sent lies unread, and their silence is not theirs.
 */
export class AwakeClock {
  readonly #mostMs: number;
  #last = performance.now();
  #now = 0;

  /** `tickMs`: how often `tick` will be called. More than twice as much between two calls counts as twice as much. */
  constructor(tickMs: number) {
    this.#mostMs = 2 * tickMs;
  }

  /** Milliseconds awake, as of the last tick. */
  get now(): number {
    return this.#now;
  }

  /** Moves the clock on; `at` is the time as `performance.now()` returns it. */
  tick(at: number = performance.now()): number {
    this.#now += Math.min(at - this.#last, this.#mostMs);
    this.#last = at;
    return this.#now;
  }
}
