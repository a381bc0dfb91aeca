import type { EnqueueRow, KthreadRow } from '../model/counters.ts';
import type { Observations } from '../model/observations.ts';
import { ENQUEUE_FIELDS, enqueueName, KTHREAD_FIELDS, kthreadName } from './witness.ts';

/**
 * Puts the witness's count in the place of what the observers missed, where the kernel itself says how many events that is.
 *
 * A BPF program does not run for an event that comes while it runs on that CPU already: the kernel skips it and counts a recursion
 * miss (bpf_prog_get_recursion_context). With PREEMPT_RT that happens: the kthread of an entry that is being stopped and that of its
 * successor share a CPU, and the scheduler takes one off in the middle of an event. Hist triggers have no such guard. Only where the
 * two counts differ by exactly those events is the difference explained; what is left stays as it is, and fails the cell.
 */
export function withMissed(seen: Observations): Observations {
  const { observers, witness, maps } = seen;
  if (observers.lost === 0 || witness === null || witness.lost > 0) return seen;
  const ids = Object.values(maps);
  const enqueue = complete(observers.enqueue, witness.enqueue, ids, ENQUEUE_FIELDS, enqueueName);
  const kthread = complete(observers.kthread, witness.kthread, ids, KTHREAD_FIELDS, kthreadName);
  if (enqueue.missed + kthread.missed !== observers.lost) return seen;
  return { ...seen, observers: { ...observers, enqueue: enqueue.rows, kthread: kthread.rows, lost: 0 } };
}

/** What a reader of a cell is told whose counts were completed. */
export function missedText({ observers, witness }: Observations): string {
  return `the observers missed ${observers.lost} events (recursion misses of their BPF programs); the counts are those of the witness (${witness?.kind ?? 'none'})`;
}

/**
 * Each row in which the witness has more events, and no less of anything, with the witness's sums, and how many events that is. Every
 * other row stays as it is: where it differs from the witness's, the cell still fails by it. The batches stay the observers'.
 */
function complete<T extends EnqueueRow | KthreadRow>(
  ours: readonly T[],
  theirs: readonly T[],
  ids: readonly number[],
  fields: readonly (keyof T)[],
  name: (row: T) => string,
): { readonly rows: T[]; readonly missed: number } {
  const rows = new Map(ours.map(row => [name(row), row]));
  let missed = 0;
  for (const row of theirs.filter(({ map_id }) => ids.includes(map_id))) {
    const own = rows.get(name(row));
    const gap = row.events - (own?.events ?? 0);
    if (gap <= 0 || fields.some(field => Number(row[field]) < Number(own?.[field] ?? 0))) continue;
    missed += gap;
    rows.set(name(row), { ...row, batch: own?.batch ?? row.batch });
  }
  return { rows: [...rows.values()], missed };
}
