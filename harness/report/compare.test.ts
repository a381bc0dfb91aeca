import t from 'tap';
import type { RunEvent } from '../model/events.ts';
import { compareKernelsOf, kernelComparisonText } from './compare-kernels.ts';
import { compareRuns, regressionCode, runComparisonText } from './compare-runs.ts';
import { foldRun } from './fold.ts';
import { goldenEvents, matchGolden } from './golden.ts';

const OPTIONS = { allCounters: false, commonOnly: false };
type End = Extract<RunEvent, { type: 'cell-end' }>;

function changed(change: (end: End) => RunEvent | null): readonly RunEvent[] {
  return goldenEvents('full').flatMap(event => (event.type === 'cell-end' ? (change(event) ?? []) : [event]));
}

function compare(before: readonly RunEvent[], after: readonly RunEvent[], options = OPTIONS) {
  return compareRuns(foldRun(before), foldRun(after), options);
}

t.test('a run compared with itself has no change', async t => {
  const same = compare(goldenEvents('full'), goldenEvents('full'));
  t.equal(regressionCode(same), 0);
  t.match(runComparisonText(same), /^no regression · /);
});

t.test('newly red, newly green, gone, newly infra, and the exit code of each', async t => {
  const full = goldenEvents('full');
  const verdict = (from: string, to: 'pass' | 'fail' | 'infra') =>
    changed(end => (end.result.verdict === from ? { ...end, result: { ...end.result, verdict: to } } : end));
  t.equal(regressionCode(compare(full, verdict('pass', 'fail'))), 1);
  t.equal(
    regressionCode(compare(verdict('pass', 'fail'), full)),
    0,
    'in the other direction it is newly green',
  );
  t.equal(
    regressionCode(compare(full, verdict('pass', 'infra'))),
    3,
    'a failure of the host is not a regression of the kernel',
  );
  t.equal(
    regressionCode(
      compare(
        full,
        changed(end => (end.result.verdict === 'pass' ? null : end)),
      ),
    ),
    1,
    'no verdict',
  );
  const less = full.map(event =>
    event.type === 'run-start' ? { ...event, cells: event.cells.slice(1) } : event,
  );
  const first = full.find(e => e.type === 'run-start')?.cells[0]?.id;
  const fewer = less.filter(e => !(e.type === 'cell-end' && e.result.cell.id === first));
  t.same(compare(full, fewer).gone, [first]);
  t.equal(regressionCode(compare(full, fewer)), 1, 'a cell that was not run is not green');
  t.equal(regressionCode(compare(full, fewer, { ...OPTIONS, commonOnly: true })), 0);
});

t.test('the text for people', async t => {
  let nth = 0;
  const after = changed(end => {
    const { result } = end;
    nth++;
    if (nth === 1)
      return {
        ...end,
        result: { ...result, counters: { sent: 10, kthread: { drops: 10 } }, durationMs: 99_000 },
      };
    return result.verdict === 'skip'
      ? { ...end, result: { ...result, verdict: 'fail', reason: 'it <broke>' } }
      : end;
  });
  matchGolden(t, 'testdata/full/compare-runs.txt', runComparisonText(compare(goldenEvents('full'), after)));
  const kernels = compareKernelsOf(foldRun(goldenEvents('full')));
  matchGolden(t, 'testdata/full/compare-kernels.txt', kernelComparisonText(kernels));
});
