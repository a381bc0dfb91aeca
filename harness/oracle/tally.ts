import { XDP_ACTIONS } from '../model/counters.ts';
import type { ActionCounts, Row, XdpAction } from '../model/counters.ts';
import { numberOf, sumFields, type Table } from './table.ts';

/** Adds up one number of every row. */
export function sum<T>(rows: readonly T[], value: (row: T) => number): number {
  return rows.reduce((total, row) => total + value(row), 0);
}

/** Groups rows by a key; the `always` keys are present even without rows. */
export function groupBy<T, V>(
  rows: readonly T[],
  always: readonly string[],
  key: (row: T) => string,
  tally: (rows: readonly T[]) => V,
): Record<string, V> {
  const keys = [...new Set([...always, ...rows.map(key)])];
  return Object.fromEntries(keys.map(one => [one, tally(rows.filter(row => key(row) === one))]));
}

/** The sums of a table's rows, `events` included, under the tracepoint's own names. */
export function totals<T extends Table>(
  table: T,
  rows: readonly Row[],
): Record<(keyof T['sums'] & string) | 'events', number> {
  const names = Object.keys(sumFields(table));
  return Object.fromEntries(names.map(name => [name, sum(rows, row => numberOf(row, name))])) as Record<
    (keyof T['sums'] & string) | 'events',
    number
  >;
}

/** batch[n]: events whose batch was n. */
export function batchOf(
  { batch }: Table & { readonly batch: { readonly max: number } },
  rows: readonly { readonly batch: readonly number[] }[],
): number[] {
  return Array.from({ length: batch.max + 1 }, (_, n) => sum(rows, row => row.batch[n] ?? 0));
}

/** Adds up what several programs returned. */
export function actionsOf(
  programs: readonly { readonly actions: ActionCounts }[],
): Record<XdpAction, number> {
  return Object.fromEntries(
    XDP_ACTIONS.map(action => [action, sum(programs, program => program.actions[action])]),
  ) as Record<XdpAction, number>;
}

/** How often programs ran: the sum over everything that they returned. */
export function runsOf(programs: readonly { readonly actions: ActionCounts }[]): number {
  return sum(programs, ({ actions }) => sum(Object.values(actions), n => n));
}
