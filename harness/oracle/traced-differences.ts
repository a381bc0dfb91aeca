import type { Observations } from '../model/observations.ts';
import type { TracedEvent } from '../scenario/traced.ts';
import { TABLES } from './subjects.ts';
import { tracedRows } from './subjects/traced.ts';
import { numberOf, sumFields } from './table.ts';
import { sum } from './tally.ts';

/**
 * Where what the scenario observes is a tracepoint that an observer sums too: the totals of the fields that both have and that differ, one
 * line each. Two counts of one tracepoint differ because one of them missed an event, which is the harness's fault.
 */
export function tracedDifferences(seen: Observations, observe: readonly TracedEvent[]): string[] {
  return observe.flatMap(event => {
    const table = TABLES.find(({ events }) => events.length === 1 && events[0] === event.tracepoint);
    if (table === undefined || seen.witness === null) return [];
    const [ours, theirs] = [seen.observers.tables[table.name] ?? [], tracedRows(seen, event)];
    const fields = Object.keys(sumFields(table)).filter(field => ['events', ...event.sum].includes(field));
    return fields.flatMap(field => {
      const [a, b] = [ours, theirs].map(rows => sum(rows, row => numberOf(row, field)));
      const text = `traced.${event.as}: ${field} is ${b} to the witness, ${a} to the observer of ${event.tracepoint}`;
      return a === b ? [] : [text];
    });
  });
}
