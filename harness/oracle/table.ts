import type { Row, Tables, WitnessEvent } from '../model/counters.ts';

/** A field by which rows of a table differ. */
export interface KeyField {
  readonly meaning: string;
}

/** A field that is added up over the events of a row. */
export interface SumField {
  /** What it counts: `packets`, `events`, `wake-ups`. */
  readonly unit: string;
  readonly meaning: string;
}

/**
 * One observer table, declared once: `struct bpfrig_NAME_key` and `struct bpfrig_NAME_sum` of `bpf/bpfrig.h` have these fields in this
 * order, after `events`, which every sum begins with. A test compares them.
 */
export interface Table {
  readonly name: string;
  /** Tracepoints whose events it sums, as `perf list` names them: `xdp:xdp_cpumap_enqueue`. */
  readonly events: readonly [string, ...string[]];
  readonly keys: Readonly<Record<string, KeyField>>;
  readonly sums: Readonly<Record<string, SumField>>;
  /** Member `batch`: how many events had each value of a sum; `max` is the largest value. */
  readonly batch?: { readonly of: string; readonly max: number };
  /** Set where a row belongs to the map of this key: rows of maps that are not the cell's are left out. */
  readonly owner?: 'map_id';
  /**
   * True when the second witness counts the same event and both must agree. Its keys and sums are then fields of the event in tracefs
   * by the same names.
   */
  readonly witnessed: boolean;
}

/** The rows of a table, typed by its declaration. */
export type RowOf<T extends Table> = Readonly<
  Record<keyof T['keys'] | keyof T['sums'] | 'events', number> &
    (T extends { readonly batch: object } ? { batch: readonly number[] } : unknown)
>;

/** What `events` of a row is, in every table. */
const EVENTS: SumField = { unit: 'events', meaning: 'Times that the tracepoint fired.' };

/** The sums of a table with `events`, which each row has. */
export function sumFields(table: Table): Readonly<Record<string, SumField>> {
  return { events: EVENTS, ...table.sums };
}

/** The rows of a table. An answer without the table counts as one without rows. */
export function rowsOf<T extends Table>(tables: Tables, table: T): readonly RowOf<T>[] {
  return (tables[table.name] ?? []) as unknown as readonly RowOf<T>[];
}

/** The name of a row: its table and its keys, as reports print it: `enqueue map_id=7 cpu=0 to_cpu=2`. */
export function rowName(table: Table, row: Row): string {
  return [table.name, ...Object.keys(table.keys).map(key => `${key}=${String(row[key])}`)].join(' ');
}

/** A field of a row as a number; a field that is not there counts as 0. */
export function numberOf(row: Row | undefined, field: string): number {
  return Number(row?.[field] ?? 0);
}

/** Rows that belong to a cell: of a table with an owner those of the cell's own maps, otherwise all. */
export function ownRows<R extends Row>(table: Table, rows: readonly R[], mapIds: readonly number[]): R[] {
  return rows.filter(row => table.owner === undefined || mapIds.includes(numberOf(row, table.owner)));
}

/** The request for the second witness, for those tables that it can count. */
export function witnessEvents(tables: readonly Table[]): WitnessEvent[] {
  return tables
    .filter(({ witnessed }) => witnessed)
    .flatMap(({ name, events, keys, sums, batch }) =>
      events.map(event => ({
        name,
        event: event.replace(':', '/'),
        keys: Object.keys(keys),
        sums: Object.keys(sums),
        ...(batch === undefined ? {} : { batch: batch.of }),
      })),
    );
}
