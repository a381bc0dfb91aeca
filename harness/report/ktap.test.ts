import t from 'tap';
import { goldenEvents, reportOf } from './golden.ts';
import { createKtapReporter } from './ktap.ts';

// Parses a KTAP document and checks its plans, its numbers and the results of parent tests.
function check(text: string): { cases: string[]; faults: string[] } {
  const faults: string[] = [];
  const cases: string[] = [];
  let inner: { plan: number; seen: number; bad: number } | null = null;
  let [plan, seen] = [-1, 0];
  for (const line of text.trimEnd().split('\n')) {
    const depth = line.startsWith('  ') ? 1 : 0;
    const rest = line.slice(depth * 2);
    const point = /^(ok|not ok) (\d+) ([^#]*?)(?: # (.*))?$/.exec(rest);
    const plans = /^1\.\.(\d+)/.exec(rest);
    if (rest === 'KTAP version 1') {
      if (depth === 1) inner = { plan: -1, seen: 0, bad: 0 };
    } else if (plans !== null) {
      if (inner === null) plan = Number(plans[1]);
      else inner.plan = Number(plans[1]);
    } else if (point !== null && depth === 1 && inner !== null) {
      if (Number(point[2]) !== ++inner.seen) faults.push(`number: ${line}`);
      if (point[1] === 'not ok') inner.bad++;
      cases.push(`${point[1]} ${point[4]?.split(' ')[0] ?? ''}`.trim());
    } else if (point !== null) {
      if (Number(point[2]) !== ++seen) faults.push(`number: ${line}`);
      if (inner === null || inner.plan !== inner.seen) faults.push(`plan: ${line}`);
      if ((point[1] === 'not ok') !== (inner !== null && inner.bad > 0)) faults.push(`parent: ${line}`);
      inner = null;
    } else if (!rest.startsWith('# ')) faults.push(`unknown: ${line}`);
  }
  if (plan !== seen) faults.push('plan');
  return { cases, faults };
}

t.test('a kernel is a test, its cells are subtests', async t => {
  const { cases, faults } = check(reportOf(createKtapReporter(), goldenEvents('full')));
  t.same(faults, []);
  t.same(cases, [
    'ok',
    'not ok kernel',
    'not ok a',
    'not ok TIMEOUT',
    'not ok ERROR',
    'ok',
    'ok SKIP',
    'not ok 1',
    'ok XFAIL',
    'not ok ERROR',
  ]);
});

t.test('other runs', async t => {
  for (const run of ['cut', 'one', 'empty'] as const) {
    t.same(check(reportOf(createKtapReporter(), goldenEvents(run))).faults, [], run);
  }
});
