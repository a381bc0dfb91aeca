import t from 'tap';
import { allOrders, inOrder, ordersOf } from './interleave.ts';

const WAIT = { wait: { for: 1 } };

/** The orders of sequences of so many steps. */
function orders(lengths: readonly number[], more: object = {}): readonly string[] {
  const of = lengths.map(length => Array.from({ length }, () => WAIT));
  return ordersOf({ traffic: [WAIT, { interleave: { of, ...more } }] }, []).names;
}

t.test('every order keeps that of each sequence', async t => {
  t.same(orders([2, 2]), ['aabb', 'abab', 'abba', 'baab', 'baba', 'bbaa']);
  t.same(orders([1, 1, 1]), ['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  t.equal(allOrders([4, 4]).length, 70);
  t.same(inOrder('abba'), [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ]);
});

t.test('some orders are the same for the same seed, different, and others for another seed', async t => {
  const some = orders([4, 4], { orders: 20, seed: 7 });
  t.equal(new Set(some).size, 20);
  t.same(orders([4, 4], { orders: 20, seed: 7 }), some);
  t.notSame(orders([4, 4], { orders: 20, seed: 8 }), some);
  const possible = new Set(allOrders([4, 4]));
  t.ok(some.every(order => possible.has(order)));
  t.equal(orders([2, 2], { orders: 100 }).length, 6, 'no more than there are');
});

t.test('what cannot be', async t => {
  const step = { interleave: { of: [[WAIT], [WAIT]] } };
  const problems = (raw: Record<string, unknown>, axes: string[] = []): unknown[] =>
    ordersOf(raw, axes).problems.map(({ path, text }) => [path.join('.'), text]);
  t.match(problems({ setup: [step], traffic: [step] }), [['traffic.0.interleave', /one `interleave`/]]);
  t.match(problems({ traffic: [step] }, ['order']), [['traffic.0.interleave', /axis `order`/]]);
  const long = { interleave: { of: [Array(10).fill(WAIT), Array(10).fill(WAIT)] } };
  t.match(problems({ traffic: [long] }), [['traffic.0.interleave', /`orders: 20`/]]);
  t.same(ordersOf({ traffic: [WAIT, 7, { interleave: 'x' }] }, []), { path: null, names: [], problems: [] });
});
