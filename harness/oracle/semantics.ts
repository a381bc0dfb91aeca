import type { XdpMode } from '../model/observations.ts';
import { inRange } from '../kernel/ranges.ts';

/** What a raw field means, by name of the field. Each meaning is explained by its row of {@link SEMANTICS}. */
export interface Meanings {
  'enqueue.processed': 'attempts' | 'accepted';
  'kthread.drops': 'allocation' | 'allocation-and-refused';
  'kthread.xdp_pass': 'counted' | 'never';
  'redirect_err.ENOSPC': 'error' | 'ring-full';
  'redirect.devmap': 'transmits' | 'redirects';
}

export type Field = keyof Meanings;

/** One row: on these kernels, in this mode, the field has this meaning. */
export type Row = {
  [F in Field]: {
    readonly field: F;
    /** null: in both. */
    readonly mode: XdpMode | null;
    /** Range of upstream versions. */
    readonly kernels: string;
    readonly means: Meanings[F];
    /** Where in the kernel, and since which commit and release. */
    readonly truth: string;
  };
}[Field];

/** What the kernel's fields mean, as data. The first row that fits decides. Source: kernel/bpf/cpumap.c and its history. */
export const SEMANTICS: readonly Row[] = [
  {
    field: 'enqueue.processed',
    mode: 'native',
    kernels: '*',
    means: 'attempts',
    truth:
      'bq_flush_to_queue counts every frame in processed, those that the ring refused too; 9c270af37bc6, 4.15',
  },
  {
    field: 'enqueue.processed',
    mode: 'generic',
    kernels: '*',
    means: 'accepted',
    truth:
      'cpu_map_generic_redirect traces (!ret, !!ret): processed is 1 only on success; 11941f8a8536, 5.15',
  },
  {
    field: 'kthread.drops',
    mode: null,
    kernels: '<5.13',
    means: 'allocation-and-refused',
    truth: 'cpu_map_kthread_run adds each NET_RX_DROP of netif_receive_skb_core; until bb0247807744, 5.13',
  },
  {
    field: 'kthread.drops',
    mode: null,
    kernels: '>=5.13',
    means: 'allocation',
    truth: 'netif_receive_skb_list says nothing of drops: kmem_alloc_drops alone; bb0247807744, 5.13',
  },
  {
    field: 'kthread.xdp_pass',
    mode: 'native',
    kernels: '*',
    means: 'counted',
    truth: 'cpu_map_bpf_prog_run_xdp: stats->pass++; 9216477449f3, 5.9',
  },
  {
    field: 'kthread.xdp_pass',
    mode: 'generic',
    kernels: '<6.15',
    means: 'never',
    truth:
      'cpu_map_bpf_prog_run_skb: case XDP_PASS only breaks; 11941f8a8536, 5.15. entry.pass has the count',
  },
  {
    field: 'kthread.xdp_pass',
    mode: 'generic',
    kernels: '>=6.15',
    means: 'counted',
    truth: 'cpu_map_bpf_prog_run_skb: stats->pass += pass; 4f8ab26a034f, 6.15. Seen on 6.18 and 7.3',
  },
  {
    field: 'redirect_err.ENOSPC',
    mode: 'native',
    kernels: '*',
    means: 'error',
    truth: 'cpu_map_enqueue returns 0 whatever the ring does later; 9c270af37bc6, 4.15',
  },
  {
    field: 'redirect_err.ENOSPC',
    mode: 'generic',
    kernels: '*',
    means: 'ring-full',
    truth:
      'cpu_map_generic_redirect returns the error of ptr_ring_produce, which enqueue.drops counts too; 11941f8a8536, 5.15',
  },
  {
    field: 'redirect.devmap',
    mode: 'native',
    kernels: '*',
    means: 'transmits',
    truth: 'bq_xmit_all traces xdp_devmap_xmit with sent and drops, since 4.18',
  },
  {
    field: 'redirect.devmap',
    mode: 'generic',
    kernels: '*',
    means: 'redirects',
    truth:
      'dev_map_generic_redirect transmits the skb without an event: only xdp_redirect counts it, since 4.18',
  },
];

/** What a field means on a kernel in a mode. Every field has a row for every kernel and mode, which a test holds. */
export function meaning<F extends Field>(field: F, mode: XdpMode, version: string): Meanings[F] {
  const row = SEMANTICS.find(
    one => one.field === field && (one.mode ?? mode) === mode && inRange(version, one.kernels),
  );
  if (row === undefined) throw new TypeError(`no meaning of ${field} in ${mode} mode on ${version}`);
  return row.means as Meanings[F];
}
