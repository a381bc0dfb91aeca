import type { NewEvent, RunEvent } from '../model/events.ts';

/** Takes a run's events. */
export type Listener = (event: RunEvent) => void;

/** The one way by which anything is reported: events are stamped and given to every listener, in order. */
export class Spine {
  readonly #listeners: Listener[] = [];

  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  emit(event: NewEvent): void {
    this.replay({ at: new Date().toISOString(), ...event } as RunEvent);
  }

  /** Gives an event of a saved run to every listener. */
  replay(event: RunEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
