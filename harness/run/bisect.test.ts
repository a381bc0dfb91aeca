import t from 'tap';
import type { CellResult } from '../model/cell.ts';
import type { Verdict } from '../model/verdict.ts';
import { compile } from '../scenario/cel.ts';
import { byExpression, byVerdict } from './answer.ts';
import { turnLines } from './bisect.ts';
import type { KernelCandidate } from './kernel-candidates.ts';

function candidate(label: string): KernelCandidate {
  const spec = {
    kind: 'debian',
    text: label,
    suite: null,
    series: label,
    flavour: 'amd64',
    arch: 'amd64',
  } as const;
  return { label, spec, lock: null };
}

const [A, B, C] = [candidate('6.1'), candidate('6.6'), candidate('6.12')] as const;

t.test('the answer of a search in words', async t => {
  const lines = (found: Parameters<typeof turnLines>[0]) => turnLines(found, [A, B, C]);
  t.same(lines({ before: B, first: C, between: [], probes: 3 }), [
    'first: 6.12, after 6.6 (3 of 3 kernels asked)',
  ]);
  t.same(lines({ before: A, first: C, between: [B], probes: 3 }), [
    'first: 6.12, after 6.1 (3 of 3 kernels asked)',
    'or one of these, which cannot be judged: 6.6',
  ]);
  t.same(lines({ reason: 'same', at: C, answer: true }), ['no change: 6.1 and 6.12 both: holds']);
  t.same(lines({ reason: 'end-unjudged', at: A, answer: null }), [
    'cannot begin: 6.1 says nothing about the kernel',
  ]);
});

function result(verdict: Verdict, counters: CellResult['counters'] = {}): CellResult {
  return { cell: { id: verdict }, verdict, reason: 'why', counters } as CellResult;
}

t.test(
  'by verdict: a known failure is a failure, and what the host spoiled or skipped answers nothing',
  async t => {
    const rows: [Verdict[], boolean | null][] = [
      [['pass', 'fixed'], true],
      [['pass', 'known'], false],
      [['skip', 'panic'], false],
      [['infra', 'hang'], false],
      [['pass', 'skip'], null],
      [['pass', 'error'], null],
      [[], null],
    ];
    for (const [verdicts, holds] of rows) {
      t.equal(byVerdict(verdicts.map(verdict => result(verdict))).holds, holds, verdicts.join(' '));
    }
  },
);

t.test('by expression: over the counters of every cell, whatever the verdicts are', async t => {
  const expression = compile('sent == 5');
  if ('problem' in expression) throw new Error(expression.problem);
  const five = result('fail', { sent: 5 } as unknown as CellResult['counters']);
  const six = result('pass', { sent: 6 } as unknown as CellResult['counters']);
  t.equal(byExpression([five, five], expression).holds, true);
  t.match(byExpression([five, six], expression), { holds: false, why: /6 == 5/ });
  t.equal(byExpression([five, result('infra')], expression).holds, null, 'a cell without counters');
  t.equal(byExpression([], expression).holds, null);
  t.equal(
    byExpression([result('error', six.counters)], expression).holds,
    null,
    'counts of which some may be missing',
  );
});
