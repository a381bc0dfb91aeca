/** A value that an expectation can name. Integers are JS numbers; counts stay far below 2^53. */
export type Value = number | string | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** Normalised counters of one cell by name: what expectations are written against. See `../oracle/counters.ts`. */
export type Counters = { readonly [name: string]: Value };

/** XDP's return codes by name, in the order of `enum xdp_action` (include/uapi/linux/bpf.h), then everything above 4. */
export const XDP_ACTIONS = ['aborted', 'drop', 'pass', 'tx', 'redirect', 'other'] as const;
export type XdpAction = (typeof XDP_ACTIONS)[number];

/** How often a program returned each action (fexit on the program). */
export type ActionCounts = Readonly<Record<XdpAction, number>>;

/** Sums of `xdp:xdp_cpumap_enqueue`, one row a (map_id, cpu, to_cpu). */
export interface EnqueueRow {
  readonly map_id: number;
  readonly cpu: number;
  readonly to_cpu: number;
  readonly events: number;
  readonly processed: number;
  readonly drops: number;
  /** batch[n]: events with `processed == n`, n from 0 to 8. Empty from a witness that cannot tell. */
  readonly batch: readonly number[];
}

/** Sums of `xdp:xdp_cpumap_kthread`, one row a (map_id, cpu). */
export interface KthreadRow {
  readonly map_id: number;
  readonly cpu: number;
  readonly events: number;
  readonly processed: number;
  readonly drops: number;
  readonly sched: number;
  readonly xdp_pass: number;
  readonly xdp_drop: number;
  readonly xdp_redirect: number;
  readonly batch: readonly number[];
}

/** Counts of `xdp:xdp_redirect` (err == 0) and `xdp:xdp_redirect_err`. */
export interface RedirectRow {
  readonly prog_id: number;
  readonly ifindex: number;
  readonly to_ifindex: number;
  readonly map_id: number;
  readonly map_index: number;
  readonly cpu: number;
  /** 0 or a negative errno. */
  readonly err: number;
  readonly events: number;
}

/** Counts of `xdp:xdp_exception`. */
export interface ExceptionRow {
  readonly prog_id: number;
  readonly ifindex: number;
  readonly act: number;
  readonly events: number;
}

/** Sums of `xdp:xdp_devmap_xmit`. */
export interface DevmapRow {
  readonly from_ifindex: number;
  readonly to_ifindex: number;
  readonly err: number;
  readonly events: number;
  readonly sent: number;
  readonly drops: number;
}

/** All that the observers counted. */
export interface ObserverRows {
  readonly enqueue: readonly EnqueueRow[];
  readonly kthread: readonly KthreadRow[];
  readonly redirect: readonly RedirectRow[];
  readonly exception: readonly ExceptionRow[];
  readonly devmap: readonly DevmapRow[];
  /** Events that found no room in an observer's map: must be 0, or the counts are void. */
  readonly lost: number;
}

/** The same tracepoints by way of tracefs, without BPF. */
export interface WitnessRows {
  /** How it counted: hist triggers, or the raw trace buffer where the kernel has no hist triggers. */
  readonly kind: 'hist' | 'trace';
  readonly enqueue: readonly EnqueueRow[];
  readonly kthread: readonly KthreadRow[];
  /** Events dropped by the trace buffer or the hist table: must be 0, or the counts are void. */
  readonly lost: number;
}
