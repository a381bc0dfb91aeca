import t from 'tap';
import { allOrders, inOrder, ordersOf } from './interleave.ts';
import { parseScenario, problemLines } from './parse.ts';
import { yamlSource } from './places.ts';
import { NAMES } from './vocabulary.fixture.ts';

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

const FILE = { name: 'one', file: 'one.yaml', path: '/scenarios/one.yaml' };

const parse = (text: string) => parseScenario(yamlSource(text), FILE, NAMES);

const TEXT = `title: t
source: s
axes: { ms: [1, 2] }
traffic:
  - wait: { for: $ms }
  - interleave:
      of:
        - [wait: { for: 11 }, wait: { for: 12 }]
        - - { wait: { for: 21 } }
  - wait: { for: 3 }
expect: ['sent == 0', { expr: sent == 1, when: { order: aab } }]
`;

t.test('each order is a variant, whose steps stand where they are written', async t => {
  const { scenario } = parse(TEXT);
  t.same(scenario?.axes, { ms: ['1', '2'], order: ['aab', 'aba', 'baa'] });
  const variants = scenario?.variants ?? [];
  t.same(
    variants.map(({ suffix }) => suffix).slice(0, 3),
    ['aab', 'aba', 'baa'].map(order => `[ms=1,order=${order}]`),
  );
  const waits = variants.map(({ traffic }) =>
    traffic.map(({ args }) => (args as { readonly for: number }).for).join(' '),
  );
  t.same(waits.slice(0, 3), ['1 11 12 21 3', '1 11 21 12 3', '1 21 11 12 3']);
  t.same(
    variants[2]?.traffic.map(({ place }) => `${place.line}:${place.column}`),
    ['5:5', '9:13', '8:12', '8:31', '10:5'],
  );
  t.same(
    variants.map(({ expect }) => expect.length),
    [2, 1, 1, 2, 1, 1],
  );
});

t.test('mistakes in it are at their places', async t => {
  const rows: [string, string, RegExp][] = [
    ['wait: { for: 12 }', 'wait: { fro: 12 }', /one.yaml:8:\d+: .*`fro`/],
    [
      '- { wait: { for: 21 } }',
      '- { wait: { for: 21 }, when: { ms: 1 } }',
      /one.yaml:9:\d+: a step of an `interleave` is in every variant/,
    ],
    ['- interleave:', '- as: x\n    interleave:', /an `interleave` has no result/],
    ['- interleave:', '- background: true\n    interleave:', /is not done in the background/],
    // Made before the schema looks at it, these orders would take memory without an end.
    ['- interleave:', '- interleave:\n      orders: 1000000000', /one.yaml:7:\d+: .*1024/],
    ['order: aab', 'order: bbb', /axis `order` has no value `bbb`/],
  ];
  for (const [from, to, message] of rows) {
    const { problems } = parse(TEXT.replace(from, to));
    t.match(problemLines('one.yaml', problems).join('\n'), message, to);
  }
});
