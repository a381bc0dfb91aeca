import type { Row, WitnessEvent } from '../../model/counters.ts';
import type { Observations } from '../../model/observations.ts';
import type { TracedEvent } from '../../scenario/traced.ts';
import type { Account, CellView, Subject } from '../subject.ts';
import { numberOf } from '../table.ts';
import { sum } from '../tally.ts';
import { open } from '../words.ts';

/** Tracepoints that the scenario asks for with `observe`. */
export const traced: Subject = {
  name: 'traced',
  title:
    'Tracepoints that the scenario counts by `observe`, by hist triggers, or by the trace buffer where the kernel has none.',
  tables: [],
  semantics: [],
  faults: [],
  words: {
    traced: open(
      'By the name of the event: `traced.NAME.total.FIELD`, the sum of a field over all events, and `total.events`; `traced.NAME.rows`, a list with a row for each combination of the fields in `by`.',
    ),
  },
  account,
};

/** Requests for the second witness: it counts these events as it counts bpfrig's own. */
export function tracedWitness(observe: readonly TracedEvent[]): WitnessEvent[] {
  return observe.map(({ as, tracepoint, by, sum: sums }) => ({
    name: tableOf(as),
    event: tracepoint.replace(':', '/'),
    keys: by,
    sums,
  }));
}

/** No observer's table has a dot in its name. */
function tableOf(as: string): string {
  return `traced.${as}`;
}

function account({ seen, variant }: CellView): Account {
  const found = variant.observe.map(event => {
    const rows = tracedRows(seen, event);
    return [event.as, { total: totalOf(event, rows), rows }] as const;
  });
  return { counters: { traced: Object.fromEntries(found) }, stages: [] };
}

/** The rows of an event that the scenario observes. */
export function tracedRows({ witness }: Observations, { as }: TracedEvent): readonly Row[] {
  return witness?.tables[tableOf(as)] ?? [];
}

function totalOf(event: TracedEvent, rows: readonly Row[]): Row {
  const fields = ['events', ...event.sum];
  return Object.fromEntries(fields.map(field => [field, sum(rows, row => numberOf(row, field))]));
}
