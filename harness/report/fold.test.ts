import t from 'tap';
import type { KernelColumn, RunEvent } from '../model/events.ts';
import { foldRun, RunFold } from './fold.ts';
import { goldenEvents } from './golden.ts';
import { compareKernels } from './kernel-order.ts';

t.test('the fold agrees with the totals that the run reported', async t => {
  const events = goldenEvents('full');
  const end = events.find(event => event.type === 'run-end');
  const summary = foldRun(events);
  t.same(summary.counts, end?.counts);
  t.equal(summary.exitCode, 1);
  t.equal(summary.complete, true);
  t.same(
    summary.kernels.map(k => [k.id, k.planned, k.unfinished]),
    [
      ['6.1', 5, 0],
      ['6.12', 5, 0],
    ],
  );
  t.equal(summary.kernels[0]?.phases['traffic'], 190 * 5);
});

t.test('a planned cell without a verdict is unfinished, and has a reason', async t => {
  const summary = foldRun(goldenEvents('cut'));
  t.equal(summary.complete, false);
  t.equal(summary.exitCode, 3);
  t.equal(summary.durationMs, 740);
  t.same(
    summary.unfinished.map(u => [u.cell.kernel, u.reason]),
    [
      ['5.10', 'kernel 5.10 could not be made ready: linux-image-5.10.0-46-amd64 is not on the mirror: 404'],
      ['5.10', 'kernel 5.10 could not be made ready: linux-image-5.10.0-46-amd64 is not on the mirror: 404'],
      ['6.12', 'started, no verdict; the run has no end'],
      ['7.3', 'never started; the run has no end'],
      ['7.3', 'never started; the run has no end'],
    ],
  );
  t.same(
    summary.running.map(cell => cell.kernel),
    ['6.12'],
  );
});

t.test('a run-end with exit code 0 does not hide a missing verdict', async t => {
  const events = goldenEvents('one').filter(event => event.type !== 'cell-end');
  t.equal(foldRun(events).unfinished.length, 1);
  t.equal(foldRun(events).exitCode, 1);
});

t.test('the exit code is computed; the one that run-end states can only make it worse', async t => {
  const full = (exitCode: number): number =>
    foldRun(goldenEvents('full').map(e => (e.type === 'run-end' ? { ...e, exitCode } : e))).exitCode;
  const one = (exitCode: number): number =>
    foldRun(goldenEvents('one').map(e => (e.type === 'run-end' ? { ...e, exitCode } : e))).exitCode;
  t.same([0, 4, 3, 1, 130].map(full), [1, 1, 1, 1, 130]);
  t.same([0, 4, 3, 1, 129].map(one), [0, 4, 3, 1, 129]);
});

t.test('a run without an end is never green', async t => {
  t.equal(foldRun(goldenEvents('one').slice(0, -1)).exitCode, 3);
  t.equal(foldRun([]).exitCode, 3);
});

t.test('the summary can be read between events', async t => {
  const fold = new RunFold();
  const left = goldenEvents('one').map((event: RunEvent) => {
    fold.add(event);
    return fold.summary().unfinished.length;
  });
  t.same(left, [1, 1, 1, 0, 0]);
});

t.test('kernels are ordered old to new, other flavours after the stock flavour', async t => {
  const kernel = (id: string, column: Partial<KernelColumn> | null = null) => ({
    id,
    column: column as KernelColumn | null,
  });
  const order = [
    kernel('7.3-rt'),
    kernel('path:vmlinux', { series: '6.6', version: '6.6.3', flavour: 'amd64' }),
    kernel('bare'),
    kernel('6.12-cloud', { series: '6.12', version: '6.12.90', flavour: 'cloud' }),
    kernel('7.3'),
    kernel('6.12', { series: '6.12', version: '6.12.117', flavour: 'amd64' }),
    kernel('6.1'),
    kernel('5.10'),
  ].toSorted(compareKernels);
  t.same(
    order.map(k => k.id),
    ['5.10', '6.1', 'path:vmlinux', '6.12', '6.12-cloud', '7.3', '7.3-rt', 'bare'],
  );
});
