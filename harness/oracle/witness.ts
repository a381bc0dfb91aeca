import type { ObserverRows, Row, WitnessRows } from '../model/counters.ts';
import { TABLES } from './subjects.ts';
import { numberOf, ownRows, rowName, sumFields, type Table } from './table.ts';

/** The tables that the second witness counts too. */
export const WITNESSED: readonly Table[] = TABLES.filter(({ witnessed }) => witnessed);

/**
 * Where two independent counts of the same events differ, one line each; empty when they agree. Events that either side lost make the
 * counts void, and are a difference too. Of tables whose rows belong to maps only the given maps count: ids of
 * `Observations.maps`.
 */
export function witnessDifferences(
  observers: ObserverRows,
  witness: WitnessRows | null,
  mapIds: readonly number[],
): string[] {
  const lost = [];
  if (observers.lost > 0) lost.push(`observers lost ${observers.lost} events: the counts are void`);
  if (witness === null) return lost;
  const { kind } = witness;
  if (witness.lost > 0) lost.push(`witness (${kind}) lost ${witness.lost} events: the counts are void`);
  const differences = WITNESSED.flatMap(table => {
    const own = (rows: readonly Row[] = []) => ownRows(table, rows, mapIds);
    return differencesOf(table, own(observers.tables[table.name]), own(witness.tables[table.name]), kind);
  });
  return [...lost, ...differences];
}

function differencesOf(
  table: Table,
  seen: readonly Row[],
  witnessed: readonly Row[],
  kind: string,
): string[] {
  const ours = byName(table, seen);
  const theirs = byName(table, witnessed);
  return [...new Set([...ours.keys(), ...theirs.keys()])].flatMap(key =>
    Object.keys(sumFields(table)).flatMap(field => {
      const a = numberOf(ours.get(key), field);
      const b = numberOf(theirs.get(key), field);
      return a === b ? [] : [`${key}: ${field} is ${a} to the observer, ${b} to the witness (${kind})`];
    }),
  );
}

function byName(table: Table, rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map(row => [rowName(table, row), row]));
}
