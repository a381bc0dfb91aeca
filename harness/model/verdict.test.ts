import t from 'tap';
import {
  countVerdicts,
  countWhere,
  held,
  isExcused,
  isRed,
  isSpoiled,
  VERDICT_NAMES,
  type Verdict,
} from './verdict.ts';

// What the README promises of each verdict, written out once more on purpose.
const KINDS: [string, (verdict: Verdict) => boolean, string][] = [
  ['red', isRed, 'panic hang fail fixed error infra'],
  ['spoiled', isSpoiled, 'error infra'],
  ['excused', isExcused, 'known skip'],
  ['held', verdict => held(verdict) === true, 'fixed pass'],
  ['broke', verdict => held(verdict) === false, 'panic hang fail known'],
];

t.test('each verdict is of the kinds that the README promises', async t => {
  for (const [kind, is, names] of KINDS) t.equal(VERDICT_NAMES.filter(is).join(' '), names, kind);
});

t.test('counts of verdicts, and of kinds of them', async t => {
  const counts = countVerdicts([
    { verdict: 'pass' },
    { verdict: 'fail' },
    { verdict: 'pass' },
    { verdict: 'infra' },
  ]);
  t.match(counts, { pass: 2, fail: 1, infra: 1, skip: 0 });
  t.equal(countWhere(counts, isRed), 2);
  t.equal(countWhere(counts, isExcused), 0);
});
