import t from 'tap';
import { parseScenario } from './parse.ts';
import { yamlSource } from './places.ts';
import { NAMES } from './vocabulary.fixture.ts';

/** Everything that is wrong with a scenario of these steps, as `LINE: what`. */
function problemsOf(steps: string, axes = ''): string[] {
  const text = `title: t\nsource: s\n${axes === '' ? '#' : `axes: ${axes}`}\nexpect: [sent == 0]\nsetup:\n${steps}\n`;
  const file = { name: 't', file: 't.yaml', path: '/t.yaml' };
  return parseScenario(yamlSource(text), file, NAMES).problems.map(
    ({ place, text: what }) => `${place.line}: ${what}`,
  );
}

t.test('a fault says below which function, or of which cache', async t => {
  const rows: [string, RegExp | null][] = [
    ['{ of: slab, in: kthreadd }', null],
    ['{ of: slab, in: f.isra.0, nth: 2, times: 3 }', null],
    ['{ of: slab, cache: "kmalloc-64" }', null],
    ['{ of: pages, in: kthreadd, order: 5 }', null],
    ['{ of: slab }', /^6: .*says neither `in` nor `cache`/],
    ['{ of: pages, order: 2 }', /does not say `in`/],
    ['{ of: pages, in: kthreadd, cache: bio }', /`cache` is for `of: slab`/],
    ['{ of: slab, in: kthreadd, order: 2 }', /`order` is for `of: pages`/],
    ['{ of: disk, in: kthreadd }', /`disk` is not one of slab, pages/],
    ['{ of: slab, in: "a b" }', /does not match/],
    ['{ of: slab, cache: "../x" }', /does not match/],
    ['{ of: slab, in: kthreadd, nth: 0 }', /nth/],
  ];
  for (const [args, problem] of rows) {
    const problems = problemsOf(`  - fault: ${args}`);
    if (problem === null) t.same(problems, [], args);
    else t.match(problems, [problem], args);
  }
});

t.test('a second `nth` of the same kind would be another allocation than it says', async t => {
  const fault = (args: string) => `  - fault: { of: slab, in: kthreadd, ${args} }`;
  t.same(problemsOf([fault('nth: 1'), fault('nth: 3'), fault('nth: 1')].join('\n')), []);
  t.match(problemsOf([fault('nth: 2'), fault('nth: 1'), fault('nth: 2')].join('\n')), [
    /^8: `nth: 2` after the one in line 6: the kernel goes on counting/,
  ]);
  t.same(problemsOf([fault('nth: 2'), '  - fault: { of: pages, in: kthreadd, nth: 2 }'].join('\n')), []);
  const repeat = (times: number) =>
    `  - repeat: { times: ${times}, steps: [{ fault: { of: slab, in: kthreadd, nth: 2 } }] }`;
  t.same(problemsOf(repeat(1)), []);
  t.match(problemsOf(repeat(2)), [/^6: `nth: 2` in a `repeat`/]);
  t.same(problemsOf(fault('nth: $nth'), '{ nth: [1, 2, 3] }'), [], 'each variant has one');
});
