import type { EnqueueRow, KthreadRow } from '../model/counters.ts';
import type { Observations } from '../model/observations.ts';

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
  const enqueue = complete(
    observers.enqueue,
    witness.enqueue,
    ids,
    row => `${row.map_id} ${row.cpu} ${row.to_cpu}`,
  );
  const kthread = complete(observers.kthread, witness.kthread, ids, row => `${row.map_id} ${row.cpu}`);
  if (enqueue === null || kthread === null) return seen;
  if (enqueue.missed + kthread.missed !== observers.lost) return seen;
  return { ...seen, observers: { ...observers, enqueue: enqueue.rows, kthread: kthread.rows, lost: 0 } };
}

/** What a reader of a cell is told of it; null where nothing was missed. */
export function missedText({ observers, witness }: Observations): string | null {
  if (observers.lost === 0) return null;
  return `the observers missed ${observers.lost} events (recursion misses of their BPF programs); the counts are those of the witness (${witness?.kind ?? 'none'})`;
}

/** Rows with the witness's sums, and how many events they had not seen; null where the witness saw fewer. The batches stay the observers'. */
function complete<T extends EnqueueRow | KthreadRow>(
  ours: readonly T[],
  theirs: readonly T[],
  ids: readonly number[],
  key: (row: T) => string,
): { readonly rows: T[]; readonly missed: number } | null {
  const seen = new Map(ours.map(row => [key(row), row]));
  const witnessed = theirs.filter(({ map_id }) => ids.includes(map_id));
  const gaps = witnessed.map(row => row.events - (seen.get(key(row))?.events ?? 0));
  if (gaps.some(gap => gap < 0)) return null;
  const rows = witnessed.map(row => ({ ...row, batch: seen.get(key(row))?.batch ?? row.batch }));
  const others = ours.filter(row => !witnessed.some(other => key(other) === key(row)));
  return { rows: [...rows, ...others], missed: gaps.reduce((sum, gap) => sum + gap, 0) };
}
