import type { NewEvent, RunEvent } from '../model/events.ts';

/** Receives the events of a run. */
export type Listener = (event: RunEvent) => void;

/** Everything that is reported passes through here: events are stamped with the time and delivered to every listener, in order. */
export class EventLog {
  readonly #listeners: Listener[] = [];

  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  emit(event: NewEvent): void {
    this.replay({ at: new Date().toISOString(), ...event } as RunEvent);
  }

  /** Delivers an event of a saved run to every listener. */
  replay(event: RunEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
