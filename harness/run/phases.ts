import type { Phases } from '../model/cell.ts';

/** Measures the parts of a cell one after another. */
export class PhaseClock {
  readonly #phases: Record<string, number> = {};
  #current: string;
  #since = performance.now();

  constructor(first: string) {
    this.#current = first;
  }

  /** The part that is under way. */
  get current(): string {
    return this.#current;
  }

  /** Ends the current part and begins another. */
  next(phase: string): void {
    const now = performance.now();
    this.#phases[this.#current] = (this.#phases[this.#current] ?? 0) + Math.round(now - this.#since);
    this.#current = phase;
    this.#since = now;
  }

  /** Ends the current part and returns all of them. */
  stop(): Phases {
    this.next('rest');
    return { ...this.#phases };
  }
}
