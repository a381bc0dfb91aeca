import t from 'tap';
import { foldRun } from './fold.ts';
import { goldenEvents } from './golden.ts';
import { buildMatrix } from './matrix.ts';

t.test('one row per variant', async t => {
  const { kernels, groups } = buildMatrix(foldRun(goldenEvents('full')));
  t.same(kernels, ['6.1', '6.12']);
  t.same(
    groups.map(g => g.rows.map(row => [row.label, ...row.squares])),
    [
      [
        ['[nic=veth mode=native]', 'pass', 'pass'],
        ['[nic=veth mode=generic]', 'panic', 'skip'],
      ],
      [
        ['[nic=virtio mode=native]', 'fixed', 'fail'],
        ['[nic=virtio mode=generic]', 'hang', 'known'],
      ],
      [['', 'infra', 'error']],
    ],
  );
});

t.test('in a large matrix, variants with the same results on every kernel share a row', async t => {
  const events = goldenEvents('full').map(event =>
    event.type === 'cell-end' && event.result.cell.scenario.endsWith('one-cpu')
      ? { ...event, result: { ...event.result, verdict: 'pass' as const } }
      : event,
  );
  t.equal(buildMatrix(foldRun(events)).groups[0]?.rows.length, 2, 'few rows stay as they are');
  const { groups } = buildMatrix(foldRun(events), 3);
  t.same(
    groups.map(g => g.rows.map(row => row.label)),
    [['×2'], ['[nic=virtio mode=native]', '[nic=virtio mode=generic]'], ['']],
  );
});

t.test('a cell without a verdict is shown as unfinished; an unplanned cell is empty', async t => {
  const events = goldenEvents('cut').map(event =>
    event.type === 'run-start'
      ? { ...event, cells: event.cells.filter(cell => !cell.id.endsWith('one-cpu@7.3')) }
      : event,
  );
  t.same(buildMatrix(foldRun(events)).groups[0]?.rows[0]?.squares, ['unfinished', 'pass', null]);
});
