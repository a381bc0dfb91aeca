import t from 'tap';
import type { CellResult } from '../../model/cell.ts';
import { comparisonOf, suiteFigures } from './against.ts';
import { medianPhases, overheadOf } from './measure.ts';
import { figure, figuresOf, holds, type BenchReport } from './report.ts';
import { median, sampleOf } from './sample.ts';

t.equal(median([3, 1, 2]), 2);
t.equal(median([4, 1, 2, 3]), 2.5);
t.same(sampleOf([5, 1, 3]), { n: 3, median: 3, p95: 5, min: 1, max: 5 });

t.test('boots are compared by medians, and rates by the ratio of each round', async t => {
  const report: BenchReport = {
    kernel: '7.3',
    host: '2 cores',
    bareBootMs: [2000, 2200, 2100],
    templateBootMs: [2600, 2520, 2900],
    cloneReadyMs: sampleOf([400, 420, 380]),
    overheadMs: sampleOf([600]),
    phasesMs: {},
    cellsPerMinute: 50,
    observerCost: {
      nothing: [100, 200, 50],
      hollow: [96, 192, 45],
      observers: [95, 190, 40],
      everything: [80, 160, 40],
    },
    packetRates: { pktgen: [100, 200, 50], packets: [50, 50, 50] },
    memory: [
      { clones: 1, pssMiB: 200 },
      { clones: 8, pssMiB: 900 },
    ],
    firstVerdictMs: 2500,
    loadMs: 42_000,
    editMs: [2100, 4200, 6300],
    objectLoads: { bpfrig: [300, 110, 90], bpftool: [200, 100, 100] },
  };
  const figures = figuresOf(report);
  const value = (text: string) => figures.find(({ name }) => name.includes(text))?.value;
  t.equal(value('template boot / bare'), 1.238);
  t.equal(value('clone to agent ready / bare'), 0.19);
  t.equal(value('overhead per cell / bare'), 0.286);
  t.equal(value('first verdict, warm caches / bare'), 1.19);
  t.equal(value("observers' cost"), 5);
  t.equal(value('empty programs'), 4);
  t.equal(value('all that counts'), 20);
  t.equal(value("packets / pktgen's"), 0.5);
  t.equal(value('edit to verdict on the default kernels / bare'), 2);
  t.equal(value('whole object / by bpftool'), 1.1);
  t.equal(value('per further clone'), 100);
  t.same(
    figures.filter(f => !holds(f)).map(({ name }) => name),
    [
      'clone to agent ready / bare boot, median',
      'overhead per cell / bare boot, median',
      'memory per further clone (Pss)',
    ],
  );
  t.same(
    figures.filter(({ unit, limit }) => ['ms', 's'].includes(unit) && limit !== null),
    [],
    'absolute times have no limits',
  );
});

t.test('a limit is inclusive, and nothing that was not measured is within one', async t => {
  t.ok(holds(figure('x', 0.055, '', 0.055)));
  t.notOk(holds(figure('x', 0.056, '', 0.055)));
  t.notOk(holds(figure('x', NaN, '', 0.055)));
});

t.test('phases of cells', async t => {
  t.equal(overheadOf({ clone: 100, traffic: 1000, drain: 500, check: 50 }), 150);
  const cells = [
    { phases: { clone: 1, check: 9 } },
    { phases: { clone: 3 } },
    { phases: { clone: 2, check: 3 } },
  ];
  t.same(medianPhases(cells), { clone: 2, check: 3 });
});

t.test('two suites: the ratio of their medians, and every verdict that differs', async t => {
  const run = (durationMs: number, verdicts: Record<string, CellResult['verdict']>) => ({
    durationMs,
    firstVerdictMs: 1,
    templatesMs: durationMs / 10,
    results: Object.entries(verdicts).map(([id, verdict]) => ({ cell: { id }, verdict }) as CellResult),
  });
  const comparison = comparisonOf('/other', {
    other: [run(1000, { a: 'pass', b: 'fail', c: 'pass' }), run(1200, { a: 'pass', b: 'fail', c: 'pass' })],
    own: [run(800, { a: 'pass', b: 'pass', d: 'fail' }), run(850, { a: 'pass', b: 'pass', d: 'fail' })],
  });
  t.same(comparison.differing, [{ id: 'b', other: 'fail', own: 'pass' }]);
  t.match(comparison, { otherCells: 3, ownCells: 3, templatesShare: 0.1 });
  const [ratio, differing] = suiteFigures(comparison);
  t.match(ratio, { value: 0.75, limit: 0.75 });
  t.match(differing, { value: 1, limit: 0 });
});
