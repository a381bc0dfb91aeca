import t from 'tap';
import type { Cell } from '../model/cell.ts';
import { parseShard, shardOf } from './shard.ts';

function cells(kernels: readonly string[], scenarios: number): { cell: Cell }[] {
  return Array.from({ length: scenarios }, (_, i) => i).flatMap(i =>
    kernels.map(kernel => {
      const id = `s${i}@${kernel}`;
      return { cell: { id, scenario: `s${i}`, title: '', file: '', variant: {}, kernel } };
    }),
  );
}

const ids = (items: readonly { cell: Cell }[]): string[] => items.map(({ cell }) => cell.id);
const all = (plan: { cell: Cell }[], count: number, get: (id: string) => number | undefined) =>
  Array.from({ length: count }, (_, i) => shardOf(plan, { index: i + 1, count }, { get }));

t.test('what is a shard', async t => {
  t.same(parseShard('2/3'), { index: 2, count: 3 });
  for (const text of ['', '0/3', '4/3', '1', '1/0', '1/3/5', '-1/3', '1/x', '01/3'])
    t.equal(parseShard(text), null, text);
});

t.test('every cell is in one shard, and stays in the order of the plan', async t => {
  const plan = cells(['5.10', '6.1', '7.3'], 13);
  for (const count of [1, 2, 3, 4, 39, 50]) {
    const shards = all(plan, count, id => (id.length * 37) % 90);
    t.same(shards.flatMap(ids).toSorted(), ids(plan).toSorted(), `${count} shards`);
    for (const shard of shards) t.same(ids(shard), ids(plan.filter(item => shard.includes(item))));
  }
});

t.test('shards take as long as each other, and share no more kernels than they must', async t => {
  const plan = cells(['a', 'b', 'c'], 20);
  const slow = (id: string): number => (id.endsWith('@a') ? 9000 : 1000);
  const sums = all(plan, 4, slow).map(shard => ids(shard).reduce((sum, id) => sum + slow(id), 0));
  t.ok(Math.max(...sums) - Math.min(...sums) <= 9000, `within one cell: ${sums.join(' ')}`);
  const even = all(plan, 3, () => undefined);
  t.same(
    even.map(shard => [...new Set(shard.map(({ cell }) => cell.kernel))]),
    [['a'], ['b'], ['c']],
    'without durations a cell is as long as another',
  );
});
