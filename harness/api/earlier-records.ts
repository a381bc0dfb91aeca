import type { Counters, Value } from '../model/counters.ts';
import type { ObjectReadings } from '../model/observations.ts';

/** The records of streams that earlier readings of a round have taken: each record is taken from the kernel once. */
export class EarlierRecords {
  #records: Record<string, Record<string, readonly Value[]>> = {};
  #lost: Record<string, number> = {};

  /** A reading with everything that came since the round began. */
  before(reading: ObjectReadings): ObjectReadings {
    const events: Record<string, Counters> = {};
    for (const [object, streams] of Object.entries(reading.events)) {
      const known = (this.#records[object] ??= {});
      for (const [stream, records] of Object.entries(streams as Counters))
        known[stream] = [...(known[stream] ?? []), ...(records as readonly Value[])];
      events[object] = { ...known };
    }
    for (const [name, lost] of Object.entries(reading.lost))
      this.#lost[name] = (this.#lost[name] ?? 0) + lost;
    return { ...reading, events, lost: { ...this.#lost } };
  }
}
