import type { Words } from '../../scenario/vocabulary.ts';
import { meanings, type SemanticsRow } from '../semantics.ts';
import type { Account, CellView, Out, StageSpec, Subject } from '../subject.ts';
import type { RowOf, Table } from '../table.ts';
import { batchOf, groupBy, sum, totals } from '../tally.ts';
import { batchWord, branch, each, number } from '../words.ts';
import { feedsOf, type Feed } from './devmap-feeds.ts';

/** Batches of frames that were handed to a device's ndo_xdp_xmit. */
const DEVMAP = {
  name: 'devmap',
  events: ['xdp:xdp_devmap_xmit'],
  keys: {
    from_ifindex: { meaning: 'Device that the first frame of the batch came in by.' },
    to_ifindex: { meaning: 'Device that transmitted.' },
    err: { meaning: '0, or what ndo_xdp_xmit returned for the whole batch.' },
  },
  sums: {
    sent: { unit: 'packets', meaning: 'Frames that the device took.' },
    drops: {
      unit: 'packets',
      meaning: "Frames that the device did not take, or that the entry's program did not pass.",
    },
  },
  // DEV_MAP_BULK_SIZE of devmap.c.
  batch: { of: 'sent', max: 16 },
  witnessed: true,
} as const satisfies Table;

type DevmapRow = RowOf<typeof DEVMAP>;

const SEMANTICS = [
  {
    field: 'redirect.devmap',
    mode: 'native',
    kernels: '*',
    means: 'transmits',
    truth:
      'bq_xmit_all traces xdp_devmap_xmit with sent and drops, since 4.18. It has no map id: the frames of all maps to a device share one queue (dev->xdp_bulkq)',
  },
  {
    field: 'redirect.devmap',
    mode: 'generic',
    kernels: '*',
    means: 'redirects',
    truth:
      'dev_map_generic_redirect transmits the skb without an event: only xdp_redirect counts it, since 4.18',
  },
] as const satisfies readonly SemanticsRow[];

const meaning = meanings(SEMANTICS);

const REDIRECTED = number('packets', 'Frames that were redirected there without an error.');
const SENT = number('packets', 'Frames that a device took; in generic mode frames redirected to one device.');
const DROPS = number('packets', 'Frames that a device did not take; in generic mode always 0.');
const FLOW: Words = { redirected: REDIRECTED, sent: SENT, drops: DROPS };

/** Redirects to devices, by a devmap or by bpf_redirect(). */
export const devmap: Subject = {
  name: 'devmap',
  title: 'What was redirected to devices, and what they transmitted.',
  tables: [DEVMAP],
  semantics: SEMANTICS,
  faults: ['devmap', 'devmap *'],
  words: {
    devmap: branch('Redirects to devices, by devmaps and by bpf_redirect() together.', {
      ...FLOW,
      events: number('events', 'Events of xdp_devmap_xmit; in generic mode redirects.'),
      batch: batchWord(DEVMAP),
      broadcast: number(
        'packets',
        'Frames broadcast with a key that has no entry: other broadcasts look like a redirect to the entry.',
      ),
      copies: number(
        'packets',
        'Frames that devices got beyond one per redirect: BPF_F_BROADCAST makes them (5.14).',
      ),
      device: each('By the role of the device that transmits: `rx`, `tx`; `if7` for any other.', FLOW),
      maps: each(
        "By the scenario's name of the devmap. `sent` and `drops` have no value where another map, or bpf_redirect(), leads to the same device in native mode.",
        FLOW,
      ),
    }),
  },
  takes: { stage: 'devmap', mapTypes: ['devmap', '14', 'devmap_hash', '25', null] },
  account,
};

/** Counts of frames on their way to devices. */
type Flow = {
  readonly redirected: number;
  readonly sent: number;
  readonly drops: number;
};

function account(cell: CellView): Account {
  const feeds = feedsOf(cell);
  const inEvents = meaning('redirect.devmap', cell.mode, cell.version) === 'transmits';
  const rows = inEvents ? cell.rows(DEVMAP) : [];
  const redirected = sum(feeds, feed => feed.redirected);
  const broadcast = sum(feeds, feed => feed.broadcast);
  const single = redirected - broadcast;
  const total: Flow & { readonly events: number } = inEvents
    ? { redirected, ...totals(DEVMAP, rows) }
    : { redirected, sent: single, drops: 0, events: redirected };
  const copies = inEvents ? Math.max(0, total.sent + total.drops - redirected) : 0;
  const maps = new Map(
    feeds.filter(({ name }) => name !== '').map(feed => [feed.name, flowOf(feed, rows, inEvents)]),
  );
  return {
    counters: {
      devmap: {
        ...total,
        batch: batchOf(DEVMAP, rows),
        broadcast,
        copies,
        device: byDevice(cell, feeds, rows, inEvents),
        maps: Object.fromEntries(maps),
      },
    },
    stages: stagesOf(feeds, maps, { ...total, broadcast: inEvents ? 0 : broadcast, copies }),
    absent: Object.fromEntries(
      feeds.flatMap(({ name, shared }) =>
        inEvents && name !== '' && shared !== null
          ? ['sent', 'drops'].map(field => [`devmap.maps.${name}.${field}`, shared])
          : [],
      ),
    ),
  };
}

/** What one map sent; without `sent` and `drops` where the events do not tell its frames from those of others. */
function flowOf(feed: Feed, rows: readonly DevmapRow[], inEvents: boolean): Flow | Pick<Flow, 'redirected'> {
  const { redirected, broadcast, devices, shared, alone } = feed;
  if (!inEvents) return { redirected, sent: redirected - broadcast, drops: 0 };
  if (shared !== null) return { redirected };
  const own = rows.filter(({ to_ifindex }) => alone || devices.has(to_ifindex));
  return { redirected, sent: sum(own, row => row.sent), drops: sum(own, row => row.drops) };
}

function byDevice(cell: CellView, feeds: readonly Feed[], rows: readonly DevmapRow[], inEvents: boolean) {
  const roles = new Map(Object.entries(cell.seen.ifindex).map(([role, index]) => [index, role]));
  const name = (ifindex: number) => roles.get(ifindex) ?? `if${ifindex}`;
  const redirects = feeds.flatMap(({ devices }) => [...devices].map(([to, packets]) => ({ to, packets })));
  const targets = groupBy(
    redirects,
    [...roles.values()],
    ({ to }) => name(to),
    some => sum(some, ({ packets }) => packets),
  );
  const sent = groupBy(
    rows,
    Object.keys(targets),
    ({ to_ifindex }) => name(to_ifindex),
    some => totals(DEVMAP, some),
  );
  return Object.fromEntries(
    Object.entries(sent).map(([role, own]): [string, Flow] => {
      const redirected = targets[role] ?? 0;
      return [
        role,
        inEvents
          ? { redirected, sent: own.sent, drops: own.drops }
          : { redirected, sent: redirected, drops: 0 },
      ];
    }),
  );
}

/** One stage, and below it one for each map where every map's own counts are known and there are several. */
function stagesOf(
  feeds: readonly Feed[],
  maps: ReadonlyMap<string, Flow | Pick<Flow, 'redirected'>>,
  total: Flow & { readonly broadcast: number; readonly copies: number },
): StageSpec[] {
  const flows = [...maps].filter(([, { redirected }]) => redirected > 0);
  const known = flows.flatMap(([name, flow]) => ('sent' in flow ? [{ name, ...flow }] : []));
  const used = feeds.filter(({ redirected }) => redirected > 0);
  // A transmit to a device that no redirect names is a copy of a broadcast: it is nobody's then.
  const whole = sum(known, one => one.sent + one.drops) === total.sent + total.drops;
  // In generic mode a broadcast ends nowhere that is known: only the stage of all maps has a way out for it.
  const split = used.length > 1 && known.length === used.length && whole && total.broadcast === 0;
  if (!split) {
    return [
      {
        name: 'devmap',
        enters: { 'devmap.copies': { packets: total.copies, claims: [] } },
        out: {
          ...ways('devmap', total),
          'devmap.broadcast': { packets: total.broadcast, ends: 'received' },
        },
      },
    ];
  }
  const onward = known.map(({ name, redirected }): [string, Out] => [
    name,
    { packets: redirected, to: `devmap ${name}` },
  ]);
  return [
    { name: 'devmap', out: Object.fromEntries(onward) },
    ...known.map(({ name, ...flow }) => ({ name: `devmap ${name}`, out: ways(`devmap.maps.${name}`, flow) })),
  ];
}

function ways(name: string, { sent, drops }: Pick<Flow, 'sent' | 'drops'>): Record<string, Out> {
  const claims = (field: string) => [
    `devmap.${field}`,
    `devmap.device.*.${field}`,
    ...(name === 'devmap' ? [`devmap.maps.*.${field}`] : []),
    `raw.devmap.${field}`,
  ];
  return {
    [`${name}.sent`]: { packets: sent, ends: 'received', claims: claims('sent') },
    [`${name}.drops`]: { packets: drops, ends: 'lost', claims: claims('drops') },
  };
}
