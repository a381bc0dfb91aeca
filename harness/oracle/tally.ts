import { XDP_ACTIONS } from '../model/counters.ts';
import type { ActionCounts, EnqueueRow, KthreadRow, XdpAction } from '../model/counters.ts';
import type { Meanings } from './semantics.ts';

/** What happened at a cpumap's rings: `offered = accepted + ring_full`. */
export type Flow = {
  readonly offered: number;
  readonly accepted: number;
  readonly ring_full: number;
  readonly events: number;
};

/** What kthreads took out of the rings, in the tracepoint's own fields and split by meaning. */
export type Consumed = {
  readonly processed: number;
  readonly drops: number;
  /** Frames for which no skb could be had. */
  readonly alloc_drops: number;
  /** Frames that the stack refused; only before 5.13, where they cannot be told from `alloc_drops`. */
  readonly refused: number;
  readonly xdp_pass: number;
  readonly xdp_drop: number;
  readonly xdp_redirect: number;
  readonly sched: number;
  readonly events: number;
};

/** Adds up one number of every row. */
export function sum<T>(rows: readonly T[], value: (row: T) => number): number {
  return rows.reduce((total, row) => total + value(row), 0);
}

export function flowOf(rows: readonly EnqueueRow[], processedMeans: Meanings['enqueue.processed']): Flow {
  const processed = sum(rows, row => row.processed);
  const ring_full = sum(rows, row => row.drops);
  const accepted = processedMeans === 'attempts' ? processed - ring_full : processed;
  return { offered: accepted + ring_full, accepted, ring_full, events: sum(rows, row => row.events) };
}

export function consumedOf(rows: readonly KthreadRow[], dropsMean: Meanings['kthread.drops']): Consumed {
  const drops = sum(rows, row => row.drops);
  return {
    processed: sum(rows, row => row.processed),
    drops,
    alloc_drops: dropsMean === 'allocation' ? drops : 0,
    refused: dropsMean === 'allocation' ? 0 : drops,
    xdp_pass: sum(rows, row => row.xdp_pass),
    xdp_drop: sum(rows, row => row.xdp_drop),
    xdp_redirect: sum(rows, row => row.xdp_redirect),
    sched: sum(rows, row => row.sched),
    events: sum(rows, row => row.events),
  };
}

/** batch[n]: events that had n frames, n from 0 to 8. */
export function batchOf(rows: readonly { readonly batch: readonly number[] }[]): number[] {
  return Array.from({ length: 9 }, (_, n) => sum(rows, row => row.batch[n] ?? 0));
}

/** Groups rows by a key; the `always` keys stand there even without rows. */
export function groupBy<T, V>(
  rows: readonly T[],
  always: readonly string[],
  key: (row: T) => string,
  tally: (rows: readonly T[]) => V,
): Record<string, V> {
  const keys = [...new Set([...always, ...rows.map(key)])];
  return Object.fromEntries(keys.map(one => [one, tally(rows.filter(row => key(row) === one))]));
}

/** Adds up what several programs returned. */
export function actionsOf(
  programs: readonly { readonly actions: ActionCounts }[],
): Record<XdpAction, number> {
  return Object.fromEntries(
    XDP_ACTIONS.map(action => [action, sum(programs, program => program.actions[action])]),
  ) as Record<XdpAction, number>;
}
