import { meanings, type SemanticsRow } from '../semantics.ts';
import type { Account, CellView, Subject } from '../subject.ts';
import type { Table } from '../table.ts';
import { sum, totals } from '../tally.ts';
import { branch, number } from '../words.ts';

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
    drops: { unit: 'packets', meaning: 'Frames that the device did not take.' },
  },
  witnessed: false,
} as const satisfies Table;

const SEMANTICS = [
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
] as const satisfies readonly SemanticsRow[];

const meaning = meanings(SEMANTICS);

/** Redirects to devices, by a devmap or by bpf_redirect(). */
export const devmap: Subject = {
  name: 'devmap',
  title: 'What was redirected to devices, and what they transmitted.',
  tables: [DEVMAP],
  semantics: SEMANTICS,
  words: {
    devmap: branch('Redirects to devices, by a devmap or by bpf_redirect().', {
      sent: number('packets', 'Frames that a device took; in generic mode frames that were redirected.'),
      drops: number('packets', 'Frames that a device did not take; in generic mode always 0.'),
      events: number('events', 'Events of xdp_devmap_xmit; in generic mode frames that were redirected.'),
    }),
  },
  takes: { stage: 'devmap', mapTypes: ['devmap', '14', 'devmap_hash', '25', null] },
  account,
};

function account(cell: CellView): Account {
  const redirected = sum(cell.redirects(cell.seen.programs).to('devmap'), row => row.events);
  const counts =
    meaning('redirect.devmap', cell.mode, cell.version) === 'redirects'
      ? { sent: redirected, drops: 0, events: redirected }
      : totals(DEVMAP, cell.rows(DEVMAP));
  return {
    counters: { devmap: counts },
    stages: [
      {
        name: 'devmap',
        out: {
          'devmap.sent': { packets: counts.sent, ends: 'received' },
          'devmap.drops': { packets: counts.drops, ends: 'lost' },
        },
      },
    ],
  };
}
