import type { Row } from '../model/counters.ts';
import type { Observations } from '../model/observations.ts';
import { REDIRECT } from './subjects/redirect.ts';
import { numberOf, ownRows, rowName, sumFields, type Table } from './table.ts';
import { WITNESSED } from './witness.ts';

/**
 * Replaces what the observers missed by the witness's count, where the kernel itself reports how many events that is.
 *
 * A BPF program does not run for an event that comes while it runs on that CPU already: the kernel skips it and counts a recursion
 * miss (bpf_prog_get_recursion_context). With PREEMPT_RT that happens: the kthread of an entry that is being stopped and that of its
 * successor share a CPU, and the scheduler preempts one in the middle of an event. Hist triggers have no such guard. Only where the
 * two counts differ by exactly those events is the difference explained; otherwise it stays, and the cell is an `error`.
 */
export function withMissed(observations: Observations): Completed {
  const asItIs = { seen: observations, note: null, deduced: false };
  const { observers, witness, maps } = observations;
  if (observers.lost === 0 || witness === null || witness.lost > 0) return asItIs;
  const ids = Object.values(maps);
  const completed = WITNESSED.map(table => {
    const [ours, theirs] = [observers.tables[table.name] ?? [], witness.tables[table.name] ?? []];
    return { table, ...complete(table, ours, ownRows(table, theirs, ids)) };
  });
  const missed = completed.reduce((total, one) => total + one.missed, 0);
  const redirects = observers.tables[REDIRECT.name] ?? [];
  const { rows, missed: redirected } =
    missed === observers.lost ? { rows: redirects, missed: 0 } : completeRedirects(observations, redirects);
  if (missed + redirected !== observers.lost) return asItIs;
  const tables = Object.fromEntries(completed.map(({ table, rows: own }) => [table.name, own]));
  const all = { ...observers.tables, ...tables, [REDIRECT.name]: rows };
  return {
    seen: { ...observations, observers: { tables: all, lost: 0 } },
    note: noteOn(observations, redirected),
    deduced: redirected > 0,
  };
}

/** Observations whose counts are complete, as far as that is possible. */
export interface Completed {
  readonly seen: Observations;
  /** The note on a cell whose counts were completed; null where nothing was. */
  readonly note: string | null;
  /** Redirects were completed: where the ledger then does not balance, the events that were missed may have been others. */
  readonly deduced: boolean;
}

function noteOn({ observers, witness }: Observations, redirected: number): string {
  const others = observers.lost - redirected;
  const sources = [
    ...(others > 0 ? [`the witness (${witness?.kind ?? 'none'})`] : []),
    ...(redirected > 0 ? [`what the programs returned (${redirected} redirects)`] : []),
  ];
  return `the observers missed ${observers.lost} events (recursion misses of their BPF programs); the counts are those of ${sources.join(' and of ')}`;
}

/**
 * Adds to each program's redirects what it returned (fexit) and no event reports. No hist trigger can count these events by program,
 * map and key at once: three keys are its limit. It is clear where they went only for a program all of whose redirects went to one
 * place; with any other, nothing is completed.
 */
function completeRedirects(
  { programs }: Observations,
  redirects: readonly Row[],
): { readonly rows: readonly Row[]; readonly missed: number } {
  const rows = [...redirects];
  let missed = 0;
  for (const { id, actions } of programs) {
    const own = rows.filter(row => numberOf(row, 'prog_id') === id);
    const gap = actions.redirect - own.reduce((total, row) => total + numberOf(row, 'events'), 0);
    if (gap === 0) continue;
    const [first] = own;
    const places = new Set(own.map(row => PLACE.map(key => numberOf(row, key)).join(' ')));
    if (gap < 0 || first === undefined || places.size > 1) return { rows: redirects, missed: 0 };
    missed += gap;
    rows[rows.indexOf(first)] = { ...first, events: numberOf(first, 'events') + gap };
  }
  return { rows, missed };
}

/** Where a redirect went, and how it ended: the keys of its row without the CPU, which no counter separates. */
const PLACE = Object.keys(REDIRECT.keys).filter(key => key !== 'cpu' && key !== 'prog_id');

/**
 * Each row in which the witness has more events, and no less of anything, with the witness's sums, and how many events that is. Every
 * other row stays as it is: where it differs from the witness's, the cell is still an `error`. The batches stay the observers'.
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
