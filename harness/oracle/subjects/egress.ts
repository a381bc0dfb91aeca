import type { Account, CellView, Out, Subject } from '../subject.ts';
import { runsOf } from '../tally.ts';
import { branch, number } from '../words.ts';
import { VERDICT_WORDS, verdictsOf } from './xdp.ts';

/** What a program of a devmap entry may return besides XDP_PASS: the frame ends there, whatever it is. */
const REFUSALS = ['drop', 'aborted', 'tx', 'redirect', 'other'] as const;

/** The programs of devmap entries, which run right before the entry's device transmits. */
export const egress: Subject = {
  name: 'egress',
  title: 'What the programs of devmap entries returned.',
  tables: [],
  semantics: [],
  faults: ['egress'],
  words: {
    egress: branch('Programs that the scenario put into devmap entries, all of them together.', {
      ran: number('packets', 'Frames that the programs saw (fexit).'),
      ...VERDICT_WORDS,
    }),
  },
  account,
};

function account(cell: CellView): Account {
  const verdicts = verdictsOf(cell, cell.egress);
  const lost = REFUSALS.map((name): [string, Out] => [
    `egress.${name}`,
    { packets: verdicts[name], ends: 'lost' },
  ]);
  return {
    counters: { egress: { ran: runsOf(cell.egress), ...verdicts } },
    stages: [
      {
        name: 'egress',
        // A frame that went past its entry's program is in no way out: it is the residual.
        out: { pass: { packets: verdicts.pass, to: 'transmit' }, ...Object.fromEntries(lost) },
      },
    ],
  };
}

/** Frames that programs of devmap entries did not pass: no device gets them. */
export function refusedByPrograms({ egress: programs }: CellView): number {
  return programs.reduce(
    (total, { actions }) => total + REFUSALS.reduce((sum, name) => sum + actions[name], 0),
    0,
  );
}
