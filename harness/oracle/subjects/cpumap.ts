import type { Words } from '../../scenario/vocabulary.ts';
import { errnoName } from '../errno.ts';
import { meanings, type SemanticsRow } from '../semantics.ts';
import type { Account, CellView, Subject } from '../subject.ts';
import type { RowOf, Table } from '../table.ts';
import { batchOf, groupBy, sum, totals } from '../tally.ts';
import { batchWord, branch, each, number, sumWords } from '../words.ts';

/** Frames offered to the ring of an entry, by the CPU that offered them. */
const ENQUEUE = {
  name: 'enqueue',
  events: ['xdp:xdp_cpumap_enqueue'],
  keys: {
    map_id: { meaning: 'The cpumap.' },
    cpu: { meaning: 'CPU that enqueued.' },
    to_cpu: { meaning: 'CPU of the entry.' },
  },
  sums: {
    processed: {
      unit: 'packets',
      meaning: 'Frames offered to the ring in native mode, accepted in generic.',
    },
    drops: { unit: 'packets', meaning: 'Frames that found the ring full.' },
  },
  // CPU_MAP_BULK_SIZE of cpumap.c.
  batch: { of: 'processed', max: 8 },
  owner: 'map_id',
  witnessed: true,
} as const satisfies Table;

/** Frames that a kthread took out of its ring, by the CPU that it ran on. */
export const KTHREAD = {
  name: 'kthread',
  events: ['xdp:xdp_cpumap_kthread'],
  keys: {
    map_id: { meaning: 'The cpumap.' },
    cpu: { meaning: 'CPU that the kthread ran on.' },
  },
  sums: {
    processed: { unit: 'packets', meaning: 'Frames taken out of the ring.' },
    drops: {
      unit: 'packets',
      meaning: 'Frames without an skb; before 5.13 also those that the stack refused.',
    },
    sched: { unit: 'events', meaning: 'Times that the kthread slept or yielded before the batch.' },
    xdp_pass: { unit: 'packets', meaning: "Frames that the entry's program passed." },
    xdp_drop: { unit: 'packets', meaning: "Frames that the entry's program dropped, or failed to redirect." },
    xdp_redirect: { unit: 'packets', meaning: "Frames that the entry's program redirected." },
  },
  // CPUMAP_BATCH of cpumap.c.
  batch: { of: 'processed', max: 8 },
  owner: 'map_id',
  witnessed: true,
} as const satisfies Table;

type EnqueueRow = RowOf<typeof ENQUEUE>;
type KthreadRow = RowOf<typeof KTHREAD>;

const SEMANTICS = [
  {
    field: 'enqueue.processed',
    mode: 'native',
    kernels: '*',
    means: 'attempts',
    truth: 'bq_flush_to_queue counts in processed also every frame that the ring refused; 9c270af37bc6, 4.15',
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
    truth: 'netif_receive_skb_list does not report drops: kmem_alloc_drops alone; bb0247807744, 5.13',
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
] as const satisfies readonly SemanticsRow[];

const meaning = meanings(SEMANTICS);

/** The words of {@link flowOf}. */
const FLOW: Words = {
  offered: number('packets', 'Frames that were to go into a ring: `accepted + ring_full`.'),
  accepted: number('packets', 'Frames that are in a ring.'),
  ring_full: number('packets', 'Frames that found the ring full.'),
  events: number('events', 'Events of xdp_cpumap_enqueue.'),
};

/** The words of {@link consumedOf}. */
const CONSUMED: Words = {
  ...sumWords(KTHREAD),
  alloc_drops: number('packets', 'Frames for which no skb could be allocated.'),
  refused: number('packets', 'Frames without an skb or refused by the stack; only before 5.13, otherwise 0.'),
};

/** The rings of a cpumap, and the kthreads that empty them. */
export const cpumap: Subject = {
  name: 'cpumap',
  title: 'The rings of the entries of cpumaps, and the kernel threads that empty them.',
  tables: [ENQUEUE, KTHREAD],
  faults: ['cpumap', 'kthread'],
  semantics: SEMANTICS,
  words: {
    cpumap: branch("What happened at the rings, of the scenario's cpumaps together.", {
      ...FLOW,
      batch: batchWord(ENQUEUE),
      maps: each("By the scenario's name of the map.", FLOW),
      cpu: each('By the CPU of the entry.', FLOW),
      from: each('By the CPU that enqueued.', FLOW),
    }),
    kthread: branch("What the kthreads took out of the rings, of the scenario's cpumaps together.", {
      ...CONSUMED,
      batch: batchWord(KTHREAD),
      maps: each("By the scenario's name of the map.", CONSUMED),
      cpu: each('By the CPU that the kthread ran on.', CONSUMED),
    }),
  },
  takes: {
    stage: 'cpumap',
    mapTypes: ['cpumap', '16'],
    // Those frames are in the ring's own count.
    failed: ({ err }, cell) => errnoName(err) === 'ENOSPC' && isRingFull(cell),
  },
  account,
};

function account(cell: CellView): Account {
  const { mode, version, cpus, mapNames } = cell;
  const enqueue = cell.rows(ENQUEUE);
  const kthread = cell.rows(KTHREAD);
  const attempts = meaning('enqueue.processed', mode, version) === 'attempts';
  const allocation = meaning('kthread.drops', mode, version) === 'allocation';
  const full = isRingFull(cell);
  const flow = (rows: readonly EnqueueRow[]) => flowOf(rows, attempts);
  const consumed = (rows: readonly KthreadRow[]) => consumedOf(rows, allocation);
  const rings = flow(enqueue);
  const taken = consumed(kthread);
  return {
    counters: {
      cpumap: {
        ...rings,
        batch: batchOf(ENQUEUE, enqueue),
        maps: groupBy(enqueue, mapNames, cell.mapName, flow),
        cpu: groupBy(enqueue, cpus, row => String(row.to_cpu), flow),
        from: groupBy(enqueue, cpus, row => String(row.cpu), flow),
      },
      kthread: {
        ...taken,
        batch: batchOf(KTHREAD, kthread),
        maps: groupBy(kthread, mapNames, cell.mapName, consumed),
        cpu: groupBy(kthread, cpus, row => String(row.cpu), consumed),
      },
    },
    stages: [
      {
        name: 'cpumap',
        out: {
          accepted: { packets: rings.accepted, to: 'kthread' },
          'cpumap.ring_full': {
            packets: rings.ring_full,
            ends: 'lost',
            claims: [
              ...(['maps', 'cpu', 'from'] as const).map(by => `cpumap.${by}.*.ring_full`),
              'raw.enqueue.drops',
              ...(full ? ['xdp.redirect_errs.ENOSPC'] : []),
            ],
          },
        },
      },
      { name: 'kthread', out: { dequeued: { packets: taken.processed, to: 'entry' } } },
    ],
    joins: {
      stack: {
        'kthread.alloc_drops': {
          packets: taken.alloc_drops,
          ends: 'lost',
          claims: [
            'kthread.drops',
            'raw.kthread.drops',
            ...['drops', 'alloc_drops'].flatMap(field => [
              `kthread.maps.*.${field}`,
              `kthread.cpu.*.${field}`,
            ]),
          ],
        },
      },
    },
  };
}

/** Whether a redirect that fails with ENOSPC is a frame that found its ring full. */
function isRingFull({ mode, version }: CellView): boolean {
  return meaning('redirect_err.ENOSPC', mode, version) === 'ring-full';
}

function flowOf(rows: readonly EnqueueRow[], attempts: boolean) {
  const processed = sum(rows, row => row.processed);
  const ring_full = sum(rows, row => row.drops);
  const accepted = attempts ? processed - ring_full : processed;
  return { offered: accepted + ring_full, accepted, ring_full, events: sum(rows, row => row.events) };
}

function consumedOf(rows: readonly KthreadRow[], allocation: boolean) {
  const sums = totals(KTHREAD, rows);
  return {
    ...sums,
    alloc_drops: allocation ? sums.drops : 0,
    refused: allocation ? 0 : sums.drops,
  };
}
