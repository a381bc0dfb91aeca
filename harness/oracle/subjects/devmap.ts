import type { Words } from '../../scenario/vocabulary.ts';
import { meanings, type SemanticsRow } from '../semantics.ts';
import { DEVMAP_TYPES, devmapTargets } from '../devmap-targets.ts';
import type { Account, CellView, Subject } from '../subject.ts';
import type { RowOf, Table } from '../table.ts';
import { batchOf, groupBy, sum, totals } from '../tally.ts';
import { batchWord, branch, each, number } from '../words.ts';
import { feedsOf, type Feed } from './devmap-feeds.ts';
import { stagesOf, type Flow, type MapFlow, type Total } from './devmap-stages.ts';
import { refusedByPrograms } from './devmap-entry.ts';

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
      meaning:
        "Frames that the device did not take; from 5.14 on also those that the entry's program did not pass.",
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
      'dev_map_generic_redirect transmits the skb without an event: only xdp_redirect and the device count it, since 4.18',
  },
  {
    field: 'devmap.drops',
    mode: null,
    kernels: '<5.14',
    means: 'device',
    truth:
      'dev_map_enqueue runs the program of an entry, and a frame that it does not pass never gets into a bulk; fbee97feed9b, 5.8',
  },
  {
    field: 'devmap.drops',
    mode: null,
    kernels: '>=5.14',
    means: 'device-and-program',
    truth:
      'bq_xmit_all runs the program over the bulk and traces cnt - sent as drops; cb261b594b41 "bpf: Run devmap xdp_prog on flush instead of bulk enqueue", 5.14',
  },
] as const satisfies readonly SemanticsRow[];

const meaning = meanings(SEMANTICS);

const REDIRECTED = number('packets', 'Frames that were redirected there without an error.');
const SENT = number('packets', 'Frames that a device took; in generic mode those that it transmitted.');
const DROPS = number(
  'packets',
  'Frames that a device did not take; what a program of an entry did not pass is `devmap_entry.drop` and others.',
);
const FLOW: Words = { redirected: REDIRECTED, sent: SENT, drops: DROPS };

/** Redirects to devices, by a devmap or by bpf_redirect(). */
export const devmap: Subject = {
  name: 'devmap',
  title: 'What was redirected to devices, and what they transmitted.',
  tables: [DEVMAP],
  semantics: SEMANTICS,
  faults: ['devmap', 'devmap *', 'transmit'],
  words: {
    devmap: branch('Redirects to devices, by devmaps and by bpf_redirect() together.', {
      ...FLOW,
      events: number('events', 'Events of xdp_devmap_xmit; in generic mode redirects.'),
      batch: batchWord(DEVMAP),
      broadcast: number(
        'packets',
        'Frames broadcast with a key that has no entry: other broadcasts look like a redirect to the entry.',
      ),
      copies: number('packets', 'Frames beyond one per redirect: BPF_F_BROADCAST makes them (5.14).'),
      no_device: number(
        'packets',
        'Frames broadcast with a key that has no entry, of which no device got a copy.',
      ),
      device: each(
        'By the device that transmits: `rx`, `tx`, one of `guest: { devices }`; `if7` for any other. `drops` has no value where a program of an entry did not pass frames.',
        FLOW,
      ),
      maps: each(
        "By the scenario's name of the devmap. `sent` and `drops` have no value where another map, or bpf_redirect(), leads to the same device in native mode; `drops` has none where a program of an entry did not pass frames.",
        FLOW,
      ),
    }),
  },
  takes: { stage: 'devmap', mapTypes: [...DEVMAP_TYPES, null] },
  account,
};

function account(cell: CellView): Account {
  const feeds = feedsOf(cell);
  const counts = countsOf(cell, feeds);
  const { total, events, rows, refused } = counts;
  const maps = new Map(
    feeds.filter(({ name }) => name !== '').map(feed => [feed.name, flowOf(feed, counts)]),
  );
  return {
    counters: {
      devmap: {
        ...total,
        // What devices got is known where their own counters say it; that it was a broadcast is known nevertheless.
        broadcast: sum(feeds, feed => feed.broadcast),
        events,
        batch: batchOf(DEVMAP, rows ?? []),
        device: shown(byDevice(cell, feeds, counts), refused),
        maps: shown(Object.fromEntries(maps), refused),
      },
    },
    stages: stagesOf(cell, feeds, maps, total),
    absent: { ...absentOfMaps(feeds, counts), ...(refused === 0 ? {} : absentDrops(cell, feeds)) },
  };
}

/** Counts without `drops` where those would have frames that programs of entries did not pass. */
function shown(
  flows: Readonly<Record<string, MapFlow>>,
  refused: number,
): Record<string, Readonly<Record<string, number>>> {
  return Object.fromEntries(
    Object.entries(flows).map(([name, flow]) => {
      const { drops: _, ...rest } = flow as Partial<Flow>;
      return [name, refused > 0 ? rest : { ...flow }];
    }),
  );
}

/** What was counted of the frames of all maps. */
interface Counts {
  readonly total: Total;
  readonly events: number;
  /** Of xdp_devmap_xmit; null in generic mode, which has no events. */
  readonly rows: readonly DevmapRow[] | null;
  /** In generic mode what the devices of all entries counted, by their names; null where not all of them are known. */
  readonly transmitted: ReadonlyMap<string, Pick<Flow, 'sent' | 'drops'>> | null;
  /** Frames that programs of entries did not pass. */
  readonly refused: number;
}

function countsOf(cell: CellView, feeds: readonly Feed[]): Counts {
  const redirected = sum(feeds, feed => feed.redirected);
  const broadcast = sum(feeds, feed => feed.broadcast);
  const refused = refusedByPrograms(cell);
  const inEvents = meaning('redirect.devmap', cell.mode, cell.version) === 'transmits';
  const rows = inEvents ? cell.rows(DEVMAP) : null;
  const transmitted = inEvents ? null : transmittedBy(cell, feeds);
  if (rows === null && transmitted === null) {
    const sent = redirected - broadcast - refused;
    const total = { redirected, sent, drops: 0, copies: 0, broadcast, no_device: 0 };
    return { total, events: redirected, rows, transmitted, refused };
  }
  const sums = rows === null ? null : totals(DEVMAP, rows);
  const devices = sums ?? {
    sent: sum([...(transmitted?.values() ?? [])], one => one.sent),
    drops: sum([...(transmitted?.values() ?? [])], one => one.drops),
  };
  const both = meaning('devmap.drops', cell.mode, cell.version) === 'device-and-program';
  // Fewer than 0 where the events have fewer drops than the programs: a residual.
  const drops = devices.drops - (sums !== null && both ? refused : 0);
  const left = redirected - devices.sent - drops - refused;
  const no_device = Math.max(0, Math.min(broadcast, left));
  const total = {
    redirected,
    sent: devices.sent,
    drops,
    copies: Math.max(0, -left),
    broadcast: 0,
    no_device,
  };
  return { total, events: sums?.events ?? redirected, rows, transmitted, refused };
}

/**
 * Generic mode: what the devices of all entries transmitted and dropped by their own counters, less what sources sent on them. Null where
 * a redirect led to another device, a device was not read, or something else transmits on `rx`.
 */
function transmittedBy(cell: CellView, feeds: readonly Feed[]): Counts['transmitted'] {
  const { seen, main } = cell;
  const targets = devmapTargets(cell);
  const others = feeds.some(
    ({ name, redirected, devices }) =>
      redirected > 0 &&
      (name === '' || [...devices.keys()].some(ifindex => !targets?.has(roleOf(cell, ifindex)))),
  );
  if (targets === null || targets.size === 0 || others) return null;
  const sentBack = sum(main, ({ actions }) => actions.tx);
  const sentOn = (device: string) =>
    sum(
      seen.sources.filter(({ on, source }) => on === device && source !== 'live'),
      ({ sent }) => sent,
    );
  const flows = new Map<string, Pick<Flow, 'sent' | 'drops'>>();
  for (const device of targets) {
    const { tx_packets, tx_dropped } = seen.devices[device] ?? {};
    if (tx_packets === undefined || tx_dropped === undefined) return null;
    if (device === 'rx' && sentBack > 0) return null;
    flows.set(device, { sent: tx_packets - sentOn(device), drops: tx_dropped });
  }
  return flows;
}

/** What one map sent; without `sent` and `drops` where nothing tells its frames from those of others. */
function flowOf(feed: Feed, { total, rows, refused }: Counts): MapFlow {
  const { redirected, broadcast, devices, shared, alone } = feed;
  if (rows === null) {
    if (alone)
      return {
        redirected,
        sent: redirected === 0 ? 0 : total.sent,
        drops: redirected === 0 ? 0 : total.drops,
      };
    return refused > 0 ? { redirected } : { redirected, sent: redirected - broadcast, drops: 0 };
  }
  if (shared !== null) return { redirected };
  const own = rows.filter(({ to_ifindex }) => alone || devices.has(to_ifindex));
  return { redirected, sent: sum(own, row => row.sent), drops: sum(own, row => row.drops) };
}

function byDevice(cell: CellView, feeds: readonly Feed[], { rows, transmitted }: Counts) {
  const name = (ifindex: number) => roleOf(cell, ifindex);
  const redirects = feeds.flatMap(({ devices }) => [...devices].map(([to, packets]) => ({ to, packets })));
  const targets = groupBy(
    redirects,
    Object.keys(cell.seen.ifindex),
    ({ to }) => name(to),
    some => sum(some, ({ packets }) => packets),
  );
  const sent = groupBy(
    rows ?? [],
    Object.keys(targets),
    ({ to_ifindex }) => name(to_ifindex),
    some => totals(DEVMAP, some),
  );
  return Object.fromEntries(
    Object.entries(sent).map(([role, own]): [string, Flow] => {
      const redirected = targets[role] ?? 0;
      if (rows !== null) return [role, { redirected, sent: own.sent, drops: own.drops }];
      const { sent: count, drops } = transmitted?.get(role) ?? {
        sent: transmitted === null ? redirected : 0,
        drops: 0,
      };
      return [role, { redirected, sent: count, drops }];
    }),
  );
}

function roleOf({ seen }: CellView, ifindex: number): string {
  const [role] = Object.entries(seen.ifindex).find(([, number]) => number === ifindex) ?? [];
  return role ?? `if${ifindex}`;
}

/** `devmap.maps.NAME.sent` and `.drops` of maps whose frames share a device with others. */
function absentOfMaps(feeds: readonly Feed[], { rows }: Counts): Record<string, string> {
  return Object.fromEntries(
    feeds.flatMap(({ name, shared }) =>
      rows !== null && name !== '' && shared !== null
        ? ['sent', 'drops'].map(field => [`devmap.maps.${name}.${field}`, shared])
        : [],
    ),
  );
}

const WITH_PROGRAMS =
  'programs of entries did not pass frames, and no count by device or map tells those from frames that a device did not take';

function absentDrops({ seen }: CellView, feeds: readonly Feed[]): Record<string, string> {
  const maps = feeds.filter(({ name }) => name !== '').map(({ name }) => `devmap.maps.${name}.drops`);
  const devices = Object.keys(seen.ifindex).map(device => `devmap.device.${device}.drops`);
  return Object.fromEntries([...maps, ...devices].map(name => [name, WITH_PROGRAMS]));
}
