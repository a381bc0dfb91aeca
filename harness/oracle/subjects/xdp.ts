import { XDP_ACTIONS } from '../../model/counters.ts';
import type { ProgramReading } from '../../model/observations.ts';
import type { Words } from '../../scenario/vocabulary.ts';
import { REDIRECT_ERRNOS, errnoName } from '../errno.ts';
import type { Account, CellView, Out, Subject } from '../subject.ts';
import type { Table } from '../table.ts';
import { actionsOf, groupBy, runsOf, sum } from '../tally.ts';
import { branch, number, numbers } from '../words.ts';
import { REDIRECT, type RedirectRow } from './redirect.ts';
import { injected } from './wire.ts';

/** Frames whose verdict could not be carried out. */
const EXCEPTION = {
  name: 'exception',
  events: ['xdp:xdp_exception'],
  keys: {
    prog_id: { meaning: 'Program that returned the verdict.' },
    ifindex: { meaning: 'Device that the frame came in by.' },
    act: { meaning: 'The verdict.' },
  },
  sums: {},
  witnessed: false,
} as const satisfies Table;

/** The words of {@link verdictsOf}. */
export const VERDICT_WORDS: Words = {
  ...Object.fromEntries(
    XDP_ACTIONS.map(action => [
      action,
      number(
        'packets',
        action === 'other'
          ? 'Packets with any other return code (fexit).'
          : `Packets for which XDP_${action.toUpperCase()} was returned (fexit).`,
      ),
    ]),
  ),
  redirect_ok: number('packets', 'Redirects without an error: events of xdp_redirect.'),
  redirect_err: number('packets', 'Redirects that failed: events of xdp_redirect_err.'),
  redirect_errs: numbers('packets', 'Redirects that failed, by the name of the errno: `ENOSPC`.'),
  exceptions: number('events', 'Events of xdp_exception.'),
};

/** What programs returned (fexit), and how their redirects ended (tracepoints). */
export function verdictsOf(cell: CellView, programs: readonly ProgramReading[]) {
  const ids = new Set(programs.map(({ id }) => id));
  const { rows } = cell.redirects(programs);
  const failed = rows.filter(({ err }) => err !== 0);
  const events = (some: readonly RedirectRow[]) => sum(some, row => row.events);
  return {
    ...actionsOf(programs),
    redirect_ok: events(rows.filter(({ err }) => err === 0)),
    redirect_err: events(failed),
    redirect_errs: groupBy(failed, REDIRECT_ERRNOS, row => errnoName(row.err), events),
    exceptions: sum(
      cell.rows(EXCEPTION).filter(({ prog_id }) => ids.has(prog_id)),
      row => row.events,
    ),
  };
}

/** The programs on devices, and where the redirects of all programs go. */
export const xdp: Subject = {
  name: 'xdp',
  title: 'What the programs on devices returned, and how their redirects ended.',
  tables: [REDIRECT, EXCEPTION],
  semantics: [],
  faults: ['xdp', 'redirect'],
  words: {
    xdp: branch('Programs that the scenario attached to devices, all of them together.', {
      total: number('packets', 'Packets that the programs saw (fexit).'),
      ...VERDICT_WORDS,
    }),
  },
  account,
};

function account(cell: CellView): Account {
  const { seen, main, entry } = cell;
  const verdicts = verdictsOf(cell, main);
  const all = cell.redirects([...main, ...entry]);
  // Verdicts (fexit) compared with events, of main programs and of entries' programs alike.
  const onward = all.stages.map((stage): [string, Out] => [
    stage,
    { packets: sum(all.to(stage), row => row.events), to: stage },
  ]);
  const lost = (name: keyof typeof verdicts): [string, Out] => [
    `xdp.${name}`,
    { packets: Number(verdicts[name]), ends: 'lost' },
  ];
  return {
    counters: { xdp: { total: runsOf(main), ...verdicts } },
    stages: [
      ...(main.length === 0
        ? []
        : [
            {
              name: 'xdp',
              always: true,
              enters: { injected: { packets: injected(seen) } },
              out: {
                redirect: { packets: verdicts.redirect, to: 'redirect' },
                pass: { packets: verdicts.pass, to: 'stack' },
                ...Object.fromEntries((['drop', 'tx', 'aborted', 'other'] as const).map(lost)),
              },
            },
          ]),
      {
        name: 'redirect',
        out: {
          ...Object.fromEntries(onward),
          'xdp.redirect_err': {
            packets: cell.redirects(main).failed,
            ends: 'lost',
            claims: ['xdp.redirect_errs'],
          },
        },
      },
    ],
  };
}
