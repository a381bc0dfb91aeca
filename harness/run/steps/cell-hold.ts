import { TIME_UP, within } from '../../util/deadline.ts';
import { hostPressure } from '../../util/host-pressure.ts';
import type { Hold, HoldPoints } from '../../vm/hold-points.ts';
import type { HoldPlace } from '../../vm/hold-stage.ts';

/**
 * Longest time that a CPU is held on any host, in milliseconds. The guest's clock knows nothing of the host's load: its kernel reports a soft lockup after
 * 20 s, and a stall of RCU after 21 s.
 */
const MOST_MS = 15_000;

/** What a step `hold` says of its place. */
export interface HoldWords {
  /** The place, for messages: `CPU 1 at bq_flush_to_queue`. */
  readonly text: string;
  /** How long the CPU is held at most, in milliseconds, on a host that is not overloaded; {@link MOST_MS} on one that is. */
  readonly limitMs: number;
}

/** What is wrong with how a hold went. */
export interface HoldProblem {
  /** `missed`: the CPU never came to the place. `lapsed`: it went on by the hold's own limit, so what followed was not what the scenario is about. */
  readonly kind: 'missed' | 'lapsed';
  /** One sentence without a subject in front. */
  readonly text: string;
}

/** A hold of a cell: with the time after which the CPU goes on by itself, so that the guest does not stall. */
export class CellHold {
  readonly #hold: Hold;
  readonly #words: HoldWords;
  #limit: NodeJS.Timeout | null = null;
  #limitMs = 0;
  /** Whether the CPU went on by itself. */
  #late = false;
  #heldAt = 0;

  private constructor(hold: Hold, words: HoldWords) {
    this.#hold = hold;
    this.#words = words;
    // That it fails is thrown by whoever waits for it, or asks next.
    hold.reached.then(
      () => this.#onReached(),
      () => undefined,
    );
  }

  /** Arms a place. Throws as {@link HoldPoints.arm} does. */
  static async arm(points: HoldPoints, place: HoldPlace, words: HoldWords): Promise<CellHold> {
    return new CellHold(await points.arm(place), words);
  }

  /** Waits until the CPU is there. Returns what is wrong; null where it is there. */
  async wait(ms: number): Promise<HoldProblem | null> {
    const reached = await within(ms * hostPressure(), this.#hold.reached);
    return reached === TIME_UP ? this.#notReached(` within ${ms} ms`) : null;
  }

  /** Lets the CPU go on, or gives the place up. Returns what is wrong with how the hold went; null where it went well. */
  async end(): Promise<HoldProblem | null> {
    if (this.#limit !== null) clearTimeout(this.#limit);
    const wasReached = this.#hold.state !== 'armed';
    await this.#hold.end();
    return wasReached ? this.lapse : this.#notReached('');
  }

  /** That the CPU went on by itself; null as long as it has not. */
  get lapse(): HoldProblem | null {
    if (!this.#late) return null;
    const text = `${this.#words.text} went on by itself after ${Math.round(this.#limitMs)} ms, before \`release\`: a step waited for that CPU, or took too long; \`limit\` is the time`;
    return { kind: 'lapsed', text };
  }

  /** Lets a CPU go on that is held; a place that was not reached stays armed. */
  async letGo(): Promise<void> {
    if (this.#hold.state === 'held' && !this.#late) await this.end();
  }

  /** Whether the CPU has been there. */
  get reached(): boolean {
    return this.#hold.state === 'held' || this.#heldAt > 0;
  }

  #notReached(when: string): HoldProblem {
    const { hits } = this.#hold;
    const times = hits === 0 ? '' : `, where it came ${hits} times, too few`;
    return { kind: 'missed', text: `${this.#words.text} was never reached${when}${times}` };
  }

  #onReached(): void {
    this.#heldAt = performance.now();
    this.#limitMs = limitOf(this.#words.limitMs, hostPressure());
    this.#limit = setTimeout(() => {
      this.#late = true;
      // What is wrong with the stub is thrown by the step that ends it.
      this.#hold.end().catch(() => undefined);
    }, this.#limitMs);
  }
}

/** How long a CPU is held on a host under some pressure (`hostPressure`), in milliseconds. */
export function limitOf(limitMs: number, pressure: number): number {
  return Math.min(limitMs * pressure, Math.max(limitMs, MOST_MS));
}
