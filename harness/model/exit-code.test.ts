import t from 'tap';
import { VERDICT_NAMES, type Verdict, type VerdictCounts } from './verdict.ts';
import { EXIT, exitCode, worseCode, type RunOutcome } from './exit-code.ts';

function counts(some: Partial<Record<Verdict, number>>): VerdictCounts {
  return Object.fromEntries(VERDICT_NAMES.map(verdict => [verdict, some[verdict] ?? 0])) as VerdictCounts;
}

const rows: readonly [string, Partial<Record<Verdict, number>>, Partial<RunOutcome>, number][] = [
  ['all pass', { pass: 3 }, {}, 0],
  ['known and skip are green', { pass: 1, known: 1, skip: 1 }, {}, 0],
  ['one fail', { pass: 9, fail: 1 }, {}, 1],
  ['a panic', { panic: 1 }, {}, 1],
  ['a hang', { hang: 1 }, {}, 1],
  ['a stale known entry', { fixed: 1 }, {}, 1],
  ['infra only', { pass: 1, infra: 1 }, {}, 3],
  ['error only', { pass: 1, error: 1 }, {}, 3],
  ['a fail outranks infra', { fail: 1, infra: 1 }, {}, 1],
  ['a planned cell without a verdict', { pass: 5 }, { unfinished: 1 }, 1],
  ['a run without an end', { pass: 5 }, { complete: false }, 3],
  ['a run without an end and with cells that never ran', { pass: 5 }, { complete: false, unfinished: 1 }, 3],
  ['a run without an end, after a fail', { pass: 5, fail: 1 }, { complete: false, unfinished: 1 }, 1],
  ['every cell skipped', { skip: 4 }, {}, 4],
  ['nothing', {}, {}, 4],
  ['Ctrl-C outranks all', { fail: 1 }, { signal: 'SIGINT', unfinished: 2 }, 130],
  ['SIGTERM', { pass: 1 }, { signal: 'SIGTERM' }, 143],
  ['SIGHUP', { pass: 1 }, { signal: 'SIGHUP' }, 129],
];

for (const [name, some, more, expected] of rows) {
  const outcome = { counts: counts(some), unfinished: 0, signal: null, complete: true, ...more };
  t.equal(exitCode(outcome), expected, name);
}

t.test('the worse of two codes, in any order', async t => {
  for (const [better, worse] of [
    [EXIT.ok, EXIT.nothing],
    [EXIT.nothing, EXIT.infra],
    [EXIT.infra, EXIT.red],
    [EXIT.red, EXIT.SIGINT],
  ] as const) {
    t.equal(worseCode(better, worse), worse);
    t.equal(worseCode(worse, better), worse);
  }
  for (const stray of [2, 256, -1, 0.5, NaN]) t.equal(worseCode(EXIT.ok, stray), EXIT.infra, String(stray));
});
