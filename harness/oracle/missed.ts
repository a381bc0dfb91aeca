import type { Row } from '../model/counters.ts';
import type { Observations } from '../model/observations.ts';
import { numberOf, ownRows, rowName, sumFields, type Table } from './table.ts';
import { WITNESSED } from './witness.ts';

/**
 * Replaces what the observers missed by the witness's count, where the kernel itself reports how many events that is.
 *
 * A BPF program does not run for an event that comes while it runs on that CPU already: the kernel skips it and counts a recursion
 * miss (bpf_prog_get_recursion_context). With PREEMPT_RT that happens: the kthread of an entry that is being stopped and that of its
 * successor share a CPU, and the scheduler preempts one in the middle of an event. Hist triggers have no such guard. Only where the
 * two counts differ by exactly those events is the difference explained; otherwise it stays, and fails the cell.
 */
export function withMissed(seen: Observations): Observations {
  const { observers, witness, maps } = seen;
  if (observers.lost === 0 || witness === null || witness.lost > 0) return seen;
  const ids = Object.values(maps);
  const completed = WITNESSED.map(table => {
    const [ours, theirs] = [observers.tables[table.name] ?? [], witness.tables[table.name] ?? []];
    return { table, ...complete(table, ours, ownRows(table, theirs, ids)) };
  });
  const missed = completed.reduce((total, one) => total + one.missed, 0);
  if (missed !== observers.lost) return seen;
  const tables = Object.fromEntries(completed.map(({ table, rows }) => [table.name, rows]));
  return { ...seen, observers: { tables: { ...observers.tables, ...tables }, lost: 0 } };
}

/** The note on a cell whose counts were completed. */
export function missedText({ observers, witness }: Observations): string {
  return `the observers missed ${observers.lost} events (recursion misses of their BPF programs); the counts are those of the witness (${witness?.kind ?? 'none'})`;
}

/**
 * Each row in which the witness has more events, and no less of anything, with the witness's sums, and how many events that is. Every
 * other row stays as it is: where it differs from the witness's, the cell still fails by it. The batches stay the observers'.
 */
function complete(
  table: Table,
  ours: readonly Row[],
  theirs: readonly Row[],
): { readonly rows: Row[]; readonly missed: number } {
  const rows = new Map(ours.map(row => [rowName(table, row), row]));
  const fields = Object.keys(sumFields(table));
  let missed = 0;
  for (const row of theirs) {
    const own = rows.get(rowName(table, row));
    const gap = numberOf(row, 'events') - numberOf(own, 'events');
    if (gap <= 0 || fields.some(field => numberOf(row, field) < numberOf(own, field))) continue;
    missed += gap;
    rows.set(rowName(table, row), own === undefined ? row : { ...row, ...lists(own) });
  }
  return { rows: [...rows.values()], missed };
}

function lists(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => typeof value !== 'number'));
}
