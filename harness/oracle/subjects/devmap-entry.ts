import type { Account, CellView, Out, Subject } from '../subject.ts';
import { runsOf } from '../tally.ts';
import { branch, number } from '../words.ts';
import { VERDICT_WORDS, verdictsOf } from './xdp.ts';

/** What a program of a devmap entry may return besides XDP_PASS: the frame ends there, whatever it is. */
const REFUSALS = ['drop', 'aborted', 'tx', 'redirect', 'other'] as const;

/** The programs of devmap entries, which run right before the entry's device transmits. */
export const devmapEntry: Subject = {
  name: 'devmap_entry',
  title: 'What the programs of devmap entries returned.',
  tables: [],
  semantics: [],
  faults: ['devmap_entry'],
  words: {
    devmap_entry: branch('Programs that the scenario put into devmap entries, all of them together.', {
      ran: number('packets', 'Frames that the programs saw (fexit).'),
      ...VERDICT_WORDS,
    }),
  },
  account,
};

function account(cell: CellView): Account {
  const verdicts = verdictsOf(cell, cell.egress);
  const lost = REFUSALS.map((name): [string, Out] => [
    `devmap_entry.${name}`,
    { packets: verdicts[name], ends: 'lost' },
  ]);
  return {
    counters: { devmap_entry: { ran: runsOf(cell.egress), ...verdicts } },
    stages: [
      {
        name: 'devmap_entry',
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
