import t from 'tap';
import { figuresOf, type BenchReport } from './report.ts';
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
    cellsAMinute: 50,
    observerCost: {
      nothing: [100, 200, 50],
      hollow: [96, 192, 45],
      observers: [95, 190, 40],
      everything: [80, 160, 40],
    },
    memory: [
      { clones: 1, pssMiB: 200 },
      { clones: 8, pssMiB: 900 },
    ],
    firstVerdictMs: 2500,
  };
  const value = (text: string) => figuresOf(report).find(({ name }) => name.includes(text))?.value;
  t.equal(value('template boot / bare'), 1.24);
  t.equal(value("observers' cost"), 5);
  t.equal(value('programs that do nothing'), 4);
  t.equal(value('all that counts'), 20);
  t.equal(value('per further clone'), 100);
  t.equal(value('first verdict'), 2.5);
});
