import type { EnqueueRow, KthreadRow, ObserverRows, WitnessRows } from '../model/counters.ts';
import type { CellCounters } from './counters.ts';
import { meaning } from './semantics.ts';

/** Sums of an enqueue row that both sides have. */
export const ENQUEUE_FIELDS = ['events', 'processed', 'drops'] as const;
/** Sums of a kthread row that both sides have. */
export const KTHREAD_FIELDS = [
  'events',
  'processed',
  'drops',
  'sched',
  'xdp_pass',
  'xdp_drop',
  'xdp_redirect',
] as const;

/**
 * Where two independent counts of the same events differ, one line each; empty when they agree. Events that either side
 * lost make the counts void, and are a difference too. Only the given maps count: ids of `Observations.maps`.
 */
export function witnessDifferences(
  observers: ObserverRows,
  witness: WitnessRows | null,
  mapIds: readonly number[],
): string[] {
  const lost = [];
  if (observers.lost > 0) lost.push(`observers lost ${observers.lost} events: the counts are void`);
  if (witness === null) return lost;
  if (witness.lost > 0)
    lost.push(`witness (${witness.kind}) lost ${witness.lost} events: the counts are void`);
  const own = <T extends { readonly map_id: number }>(rows: readonly T[]) =>
    rows.filter(({ map_id }) => mapIds.includes(map_id));
  return [
    ...lost,
    ...differences(own(observers.enqueue), own(witness.enqueue), enqueueName, ENQUEUE_FIELDS, witness.kind),
    ...differences(own(observers.kthread), own(witness.kthread), kthreadName, KTHREAD_FIELDS, witness.kind),
  ];
}

/** What tells one enqueue row from another, as a report names it. */
export function enqueueName({ map_id, cpu, to_cpu }: EnqueueRow): string {
  return `enqueue map_id=${map_id} cpu=${cpu} to_cpu=${to_cpu}`;
}

/** What tells one kthread row from another, as a report names it. */
export function kthreadName({ map_id, cpu }: KthreadRow): string {
  return `kthread map_id=${map_id} cpu=${cpu}`;
}

/**
 * The kthread event's xdp_* fields against what the entries' programs returned (fexit); null when they agree. A redirect that
 * fails is in xdp_drop, so that only the sum is compared.
 */
export function entryDifference(counters: CellCounters): string | null {
  const { kthread, entry, kernel, mode } = counters;
  const uncounted = meaning('kthread.xdp_pass', mode, kernel.version) === 'never' ? entry.pass : 0;
  const event = kthread.xdp_pass + kthread.xdp_drop + kthread.xdp_redirect;
  const program = entry.ran - uncounted;
  if (event === program) return null;
  return `kthread events have xdp_pass + xdp_drop + xdp_redirect = ${event}, the entries' programs returned ${program}`;
}

function differences<T extends { readonly [K in F]: number }, F extends string>(
  seen: readonly T[],
  witnessed: readonly T[],
  name: (row: T) => string,
  fields: readonly F[],
  kind: string,
): string[] {
  const ours = byName(seen, name);
  const theirs = byName(witnessed, name);
  return [...new Set([...ours.keys(), ...theirs.keys()])].flatMap(key =>
    fields.flatMap(field => {
      const a = ours.get(key)?.[field] ?? 0;
      const b = theirs.get(key)?.[field] ?? 0;
      return a === b ? [] : [`${key}: ${field} is ${a} to the observer, ${b} to the witness (${kind})`];
    }),
  );
}

function byName<T>(rows: readonly T[], name: (row: T) => string): Map<string, T> {
  return new Map(rows.map(row => [name(row), row]));
}
