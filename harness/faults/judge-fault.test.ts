import t from 'tap';
import type { Fault, Seen } from './fault.ts';
import { complaintsOf } from './judge-fault.ts';

const FAULT: Fault = {
  name: 'made/up',
  injected: 'nothing',
  verdict: ['infra'],
  exit: [3],
  seconds: 10,
  words: [/QEMU ended/],
  inject: () => ({ argv: [] }),
};

const RIGHT: Seen = {
  exit: 3,
  seconds: 4,
  timedOut: false,
  verdicts: ['infra'],
  text: 'QEMU ended in mid-cell',
  stderr: '',
  left: [],
};

/** What was seen instead, and the complaint. */
const ROWS: readonly [string, Partial<Seen>, RegExp | null][] = [
  ['all as stated', {}, null],
  ['exit 0', { exit: 0 }, /^GREEN: exit 0$/m],
  ['a cell that passed', { verdicts: ['infra', 'pass'] }, /GREEN: a cell is pass/],
  ['a cell that was skipped', { verdicts: ['skip'] }, /GREEN: a cell is skip/],
  ['a known failure', { verdicts: ['known'] }, /GREEN: a cell is known/],
  ['the kernel accused', { verdicts: ['panic'] }, /verdict panic, not infra/],
  ['another exit code', { exit: 1 }, /exit 1, not 3/],
  ['no verdict', { verdicts: [] }, /no verdict/],
  ['other words', { text: 'something went wrong' }, /no message has \/QEMU ended\//],
  ['too slow', { seconds: 11 }, /took 11\.0 s, at most 10 s/],
  ['no end', { timedOut: true, exit: 137, seconds: 15 }, /no end within 15 s/],
  ['a stack trace', { stderr: 'TypeError: x\n    at main (file.js:1:1)\n' }, /a stack trace/],
  ['a process', { left: ['process 4711'] }, /left behind: process 4711/],
];

for (const [name, seen, complaint] of ROWS) {
  t.test(name, async t => {
    const complaints = complaintsOf(FAULT, { ...RIGHT, ...seen }).join('\n');
    if (complaint === null) t.equal(complaints, '');
    else t.match(complaints, complaint);
  });
}

t.test('a loaded host stretches the time', async t => {
  t.same(complaintsOf(FAULT, { ...RIGHT, seconds: 15 }, 2), []);
});

t.test('where no cell is judged none is missed', async t => {
  const fault: Fault = { ...FAULT, verdict: [], exit: [137], words: [] };
  t.same(complaintsOf(fault, { ...RIGHT, exit: 137, verdicts: [] }), []);
  t.match(
    complaintsOf(fault, { ...RIGHT, exit: 137, verdicts: ['infra'] }).join(),
    /verdict infra, not none/,
  );
  t.same(complaintsOf({ ...FAULT, unjudged: true }, { ...RIGHT, verdicts: [] }), []);
});

t.test('exit 1 says that a cell accuses the guest', async t => {
  const fault: Fault = { ...FAULT, verdict: ['fail', 'infra'], exit: [1, 3], unjudged: true };
  t.same(complaintsOf(fault, { ...RIGHT, exit: 1, verdicts: ['fail'] }), []);
  for (const verdicts of [[], ['infra']] as const)
    t.match(
      complaintsOf(fault, { ...RIGHT, exit: 1, verdicts }).join(),
      /exit 1 accuses a kernel, and no cell does/,
    );
});
