import type { NewEvent, RunEvent } from '../model/events.ts';
import { EXIT, worseCode } from '../model/exit-code.ts';
import { messageOf } from '../util/errors.ts';

/** Receives the events of a run. */
export type Listener = (event: RunEvent) => void;

/**
 * Everything that is reported passes through here: events are stamped with the time and delivered to every listener, in order.
 * A listener that throws (a full disk, a closed pipe) gets no further event, and the others get a warning that says so: what can
 * still be reported is reported, and the run is not green.
 */
export class EventLog {
  readonly #listeners = new Map<Listener, string>();
  readonly #onFailure: (text: string) => void;
  readonly #failures: string[] = [];
  #ended = false;

  /** `onFailure` receives one line for each failure, at once. */
  constructor(onFailure: (text: string) => void = () => undefined) {
    this.#onFailure = onFailure;
  }

  /** Adds a listener. `name` says in a failure what is lost with it: `events.jsonl`. */
  listen(name: string, listener: Listener): void {
    this.#listeners.set(listener, name);
  }

  /** Delivers a new event. Nothing follows the end of a run: an event of something that ends later is dropped. */
  emit(event: NewEvent): void {
    if (this.#ended) return;
    this.replay({ at: new Date().toISOString(), ...event } as RunEvent);
  }

  /** Delivers an event of a saved run to every listener. */
  replay(event: RunEvent): void {
    if (event.type === 'run-end') this.#ended = true;
    const lost: string[] = [];
    for (const [listener, name] of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#listeners.delete(listener);
        lost.push(`${name}: ${messageOf(error)}`);
      }
    }
    for (const text of lost) this.fail(text);
  }

  /** Reports that a part of the results could not be kept. From now on the run's exit code is at least 3. */
  fail(text: string): void {
    this.#failures.push(text);
    this.#onFailure(text);
    this.emit({ type: 'note', level: 'warning', text: `not everything is kept: ${text}` });
  }

  /** What could not be reported or kept, one line each; empty for a sound run. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** The given exit code of a run, or 3 if that is worse and something could not be reported or kept. */
  codeOf(code: number): number {
    return this.#failures.length === 0 ? code : worseCode(code, EXIT.infra);
  }
}
