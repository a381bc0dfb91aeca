import type { WitnessEvent } from '../guest/make-ready.ts';

/** The tracepoints that the second witness sums, in the terms of include/trace/events/xdp.h. */
export const WITNESS_EVENTS: readonly WitnessEvent[] = [
  {
    name: 'enqueue',
    event: 'xdp/xdp_cpumap_enqueue',
    keys: ['map_id', 'cpu', 'to_cpu'],
    sums: ['processed', 'drops'],
    batch: 'processed',
  },
  {
    name: 'kthread',
    event: 'xdp/xdp_cpumap_kthread',
    keys: ['map_id', 'cpu'],
    sums: ['processed', 'drops', 'sched', 'xdp_pass', 'xdp_drop', 'xdp_redirect'],
    batch: 'processed',
  },
];
