import type { Observations, XskReading } from '../../model/observations.ts';
import type { Words } from '../../scenario/vocabulary.ts';
import { REDIRECT_ERRNOS, errnoName } from '../errno.ts';
import type { Account, CellView, IdentityFault, Subject } from '../subject.ts';
import { groupBy, sum } from '../tally.ts';
import { branch, each, number, numbers } from '../words.ts';
import type { RedirectRow } from './redirect.ts';

/** Of one socket, or of all together: XDP_STATISTICS under the kernel's names, and what came out of the rings. */
const COUNTS = {
  received: number('packets', 'Frames that came out of the rx ring.'),
  bytes: number('bytes', 'Their lengths added up.'),
  descs: number('descriptors', 'Descriptors of the rx ring; a frame has several with XDP_USE_SG.'),
  outside: number('descriptors', 'Descriptors of bytes that are not in the memory of the socket.'),
  completed: number('chunks', 'Chunks that came back in the completion ring.'),
  rx_dropped: number(
    'packets',
    'Frames that were dropped because the fill ring had no chunk, or because they were too large for one.',
  ),
  rx_ring_full: number('packets', 'Frames that were dropped because the rx ring was full.'),
  rx_fill_ring_empty_descs: number(
    'events',
    'Times that the kernel found no chunk in the fill ring; sockets that share the ring all report it.',
  ),
  rx_invalid_descs: number(
    'descriptors',
    'Invalid descriptors of the rx ring; the kernel does not report those of the fill ring here.',
  ),
  tx_invalid_descs: number('descriptors', 'Descriptors of the tx ring that the kernel refused.'),
  tx_ring_empty_descs: number('events', 'Times that the kernel found the tx ring empty.'),
} as const satisfies Words;

const REDIRECTS: Words = {
  redirected: number('packets', 'Frames that were redirected there without an error.'),
  failed: number('packets', 'Frames whose redirect into it failed.'),
};

/** Errnos of a redirect that the socket itself counts: no chunk, a frame that is too large, a full ring. */
const COUNTED = ['ENOSPC', 'ENOMEM', 'ENOBUFS'];

/** AF_XDP sockets, and redirects into xskmaps. */
export const xsk: Subject = {
  name: 'xsk',
  title: 'What was redirected into xskmaps, and what their AF_XDP sockets received.',
  tables: [],
  semantics: [],
  faults: ['xsk'],
  words: {
    xsk: branch('AF_XDP sockets, all of the cell together, and redirects into xskmaps.', {
      ...REDIRECTS,
      ...COUNTS,
      refused: number(
        'packets',
        'Frames whose redirect failed with an errno that no socket counts: its socket is not bound (EINVAL, ENXIO), or belongs to another queue or device (EINVAL).',
      ),
      errs: numbers('packets', 'Redirects into xskmaps that failed, by the name of the errno: `ENOBUFS`.'),
      exact: number('packets', 'Frames in sockets that are byte for byte as they were sent.'),
      changed: number('packets', 'Frames in sockets that are not.'),
      duplicated: number('packets', 'Frames in sockets that came more often than they were sent.'),
      maps: each("By the scenario's name of the xskmap.", REDIRECTS),
      sockets: each('By the name of the socket.', COUNTS),
    }),
  },
  // A failed redirect is in the counts of the socket, or has an errno of its own.
  takes: { stage: 'xsk', mapTypes: ['xskmap', '17'], failed: () => true },
  account,
};

type Counts = { readonly [K in keyof typeof COUNTS]: number };

function account(cell: CellView): Account {
  const { xsks = {}, mapTypes } = cell.seen;
  const rows = cell.redirects(cell.seen.programs).to('xsk');
  const total = countsOf(Object.values(xsks));
  const failed = rows.filter(({ err }) => err !== 0);
  const refused = events(failed.filter(({ err }) => !COUNTED.includes(errnoName(err))));
  const maps = Object.keys(cell.seen.maps).filter(name => ['xskmap', '17'].includes(mapTypes[name] ?? ''));
  return {
    counters: {
      xsk: {
        ...redirectsOf(rows),
        ...total,
        refused,
        errs: groupBy(failed, [...REDIRECT_ERRNOS, 'ENOMEM', 'ENOBUFS'], row => errnoName(row.err), events),
        ...comparedOf(cell.seen),
        maps: groupBy(rows, maps, cell.mapName, redirectsOf),
        sockets: Object.fromEntries(Object.entries(xsks).map(([name, one]) => [name, countsOf([one])])),
      },
    },
    stages: [
      {
        name: 'xsk',
        out: {
          'xsk.received': { packets: total.received, ends: 'received', claims: ofSockets('received') },
          'xsk.rx_ring_full': {
            packets: total.rx_ring_full,
            ends: 'lost',
            claims: ofSockets('rx_ring_full'),
          },
          'xsk.rx_dropped': { packets: total.rx_dropped, ends: 'lost', claims: ofSockets('rx_dropped') },
          'xsk.refused': { packets: refused, ends: 'lost', claims: ['xsk.errs', 'xdp.redirect_errs'] },
        },
      },
    ],
    identity: faultsOf(cell.seen, total),
    absent: absentOf(cell.seen),
  };
}

function ofSockets(field: string): string[] {
  return [`xsk.sockets.*.${field}`];
}

function events(rows: readonly RedirectRow[]): number {
  return sum(rows, row => row.events);
}

function redirectsOf(rows: readonly RedirectRow[]) {
  return {
    redirected: events(rows.filter(({ err }) => err === 0)),
    failed: events(rows.filter(({ err }) => err !== 0)),
  };
}

function countsOf(readings: readonly XskReading[]): Counts {
  const names = Object.keys(COUNTS) as (keyof typeof COUNTS)[];
  return Object.fromEntries(names.map(name => [name, sum(readings, one => one[name])])) as Counts;
}

const NONE = { exact: 0, changed: 0, duplicated: 0 };

function comparedOf({ xskFrames }: Observations): Partial<typeof NONE> {
  if (typeof xskFrames === 'string') return {};
  const { exact, changed, duplicated } = xskFrames ?? NONE;
  return { exact, changed, duplicated };
}

function absentOf({ xskFrames }: Observations): Record<string, string> {
  if (typeof xskFrames !== 'string') return {};
  return Object.fromEntries(Object.keys(NONE).map(name => [`xsk.${name}`, xskFrames]));
}

function counted(n: number, noun: 'frame' | 'descriptor'): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

function faultsOf({ xskFrames }: Observations, { outside }: Counts): IdentityFault[] {
  const elsewhere: IdentityFault = {
    name: 'xsk.outside',
    packets: outside,
    claims: [],
    text: `AF_XDP sockets have ${counted(outside, 'descriptor')} of bytes outside of their memory`,
  };
  if (xskFrames === undefined || typeof xskFrames === 'string') return [elsewhere];
  const { changed, duplicated, example } = xskFrames;
  return [
    elsewhere,
    {
      name: 'xsk.changed',
      packets: changed,
      claims: ['xsk.exact'],
      text: `${counted(changed, 'frame')} in AF_XDP sockets not as sent (${example})`,
    },
    {
      name: 'xsk.duplicated',
      packets: duplicated,
      claims: [],
      text: `${counted(duplicated, 'frame')} in AF_XDP sockets more often than sent`,
    },
  ];
}
