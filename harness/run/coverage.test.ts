import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { NAMES } from '../oracle/subjects.ts';
import { loadScenarios } from '../scenario/load.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { nearestCoverageFile, readCoverageList, type CoverageList } from '../scenario/coverage-list.ts';
import { coverageOf, coverages, coverageTable } from './coverage.ts';

const SUITE = join(PACKAGE_ROOT, 'scenarios', 'cpumap');

/** All numbers of the catalogue of behaviours: 1 to 85, and the conservation laws C1 to C11. */
const CATALOGUE = [
  ...Array.from({ length: 85 }, (_, index) => String(index + 1)),
  ...Array.from({ length: 11 }, (_, index) => `C${index + 1}`),
];

const LIST: CoverageList = {
  file: 'coverage.yaml',
  title: 'tea.c',
  behaviours: [
    { id: '1', title: 'it boils', reason: null },
    { id: '2', title: 'it cools', reason: 'nobody waits for it' },
    { id: '10', title: 'it is poured', reason: null },
  ],
  functions: [{ id: 'tea_boil', title: '', reason: null }],
  unreached: [],
};

const scenario = (name: string, covers: (number | string)[], functions: string[] = []) => ({
  name,
  covers,
  functions,
});

t.test('the list of the suite has every number of the catalogue, in its order', async t => {
  const list = readCoverageList(join(SUITE, 'coverage.yaml'));
  t.strictSame(
    list.behaviours.map(({ id }) => id),
    CATALOGUE,
  );
  t.equal(list.functions.length, 24);
});

t.test('every behaviour and every function of cpumap.c has a scenario or a reason', async t => {
  const scenarios = await loadScenarios([SUITE], { rootOf: () => PACKAGE_ROOT, ...NAMES });
  t.strictSame(
    coverages(scenarios).flatMap(({ faults }) => faults),
    [],
  );
});

t.test('so has every one of the XDP core', async t => {
  const suite = join(PACKAGE_ROOT, 'scenarios', 'xdp');
  const list = readCoverageList(join(suite, 'coverage.yaml'));
  t.strictSame(
    list.behaviours.map(({ id }) => id),
    Array.from({ length: 94 }, (_, index) => String(index + 1)),
    'its behaviours are numbered as in docs/xdp-behaviour.md',
  );
  const scenarios = await loadScenarios([suite], { rootOf: () => PACKAGE_ROOT, ...NAMES });
  t.strictSame(
    coverages(scenarios).flatMap(({ faults }) => faults),
    [],
  );
});

t.test('what is missing and what is stale are faults', async t => {
  const cases = [
    {
      scenarios: [scenario('a', [1, '10'], ['tea_boil'])],
      faults: [],
    },
    {
      scenarios: [scenario('a', [1], ['tea_boil'])],
      faults: ['behaviour 10 (it is poured) has neither a scenario nor a reason'],
    },
    {
      scenarios: [scenario('a', [1, 10])],
      faults: ['function tea_boil has neither a scenario nor a reason'],
    },
    {
      scenarios: [scenario('a', [1, 10], ['tea_boil']), scenario('b', [2])],
      faults: ['behaviour 2 (it cools) has a reason for no scenario, and b'],
    },
  ];
  for (const { scenarios, faults } of cases) t.strictSame(coverageOf(LIST, scenarios).faults, faults);
});

t.test('the table', async t => {
  const text = coverageTable(coverageOf(LIST, [scenario('tea/boil', [1], ['tea_boil'])]));
  t.equal(
    text,
    `1   it boils      tea/boil
2   it cools      no: nobody waits for it
10  it is poured  MISSING

tea_boil  tea/boil

tea.c: 1 of 3 behaviours and 1 of 1 functions have a scenario
MISSING behaviour 10 (it is poured) has neither a scenario nor a reason`,
  );
});

t.test('a list lies among scenarios without being one, and is found from any of them', async t => {
  const dir = t.testdir({});
  mkdirSync(join(dir, 'deep'));
  writeFileSync(
    join(dir, 'coverage.yaml'),
    'title: tea.c\nbehaviours: { 10: poured, 9: { title: cold, no_scenario: why } }\nfunctions: { boil: }\n',
  );
  writeFileSync(
    join(dir, 'deep', 'one.yaml'),
    'title: t\nsource: s\nfunctions: [boil]\nexpect: [sent == 0]\n',
  );
  const scenarios = await loadScenarios([dir], { rootOf: () => dir, ...NAMES });
  t.equal(scenarios.length, 1);
  t.strictSame(scenarios[0]?.functions, ['boil']);
  const { file, ...list } = readCoverageList(join(dir, 'coverage.yaml'));
  t.match(file, /coverage\.yaml$/);
  t.equal(nearestCoverageFile(scenarios[0]?.path ?? ''), join(dir, 'coverage.yaml'));
  t.strictSame(list, {
    title: 'tea.c',
    behaviours: [
      { id: '10', title: 'poured', reason: null },
      { id: '9', title: 'cold', reason: 'why' },
    ],
    functions: [{ id: 'boil', title: '', reason: null }],
    unreached: [],
  });
});

t.test(
  'each scenario belongs to its nearest list; an id that is not there is an error at its place',
  async t => {
    const one = (covers: string) => `title: t\nsource: s\ncovers: [${covers}]\nexpect: [sent == 0]\n`;
    const dir = t.testdir({
      tea: {
        'coverage.yaml': 'title: tea.c\nbehaviours: { 1: poured }\nfunctions: {}\n',
        'a.yaml': one('1'),
      },
      milk: { 'coverage.yaml': 'title: milk.c\nbehaviours: { 1: warm, 2: cold }\nfunctions: {}\n' },
      free: { 'c.yaml': one('77') },
    });
    writeFileSync(join(dir, 'milk', 'b.yaml'), one('2'));
    const options = { rootOf: () => dir, ...NAMES };
    t.strictSame(
      coverages(await loadScenarios([dir], options)).map(({ title, faults }) => [title, faults]),
      [
        ['milk.c', ['behaviour 1 (warm) has neither a scenario nor a reason']],
        ['tea.c', []],
      ],
    );
    writeFileSync(join(dir, 'tea', 'a.yaml'), one('1, 2'));
    await t.rejects(loadScenarios([dir], options), {
      code: 'scenario',
      message: /^tea\/a\.yaml:3:13: `covers` names 2, which .*tea\/coverage\.yaml does not list/,
    });
  },
);

t.test('a list of another shape, and none at all', async t => {
  const dir = t.testdir({ 'coverage.yaml': 'title: tea.c\nbehaviours: { 1: { no_scenario: "" } }\n' });
  t.throws(() => readCoverageList(join(dir, 'coverage.yaml')), { code: 'scenario' });
  t.equal(nearestCoverageFile('/nowhere/at/all.yaml'), null);
  t.throws(() => coverages([{ ...scenario('a', []), path: '/nowhere/at/all.yaml' }]), { code: 'usage' });
});

t.test('reasons for lines that are not reached, in a list whose title is a source', async t => {
  const dir = t.testdir({});
  const path = join(dir, 'coverage.yaml');
  const write = (title: string, entry: string) =>
    writeFileSync(path, `title: ${title}\nbehaviours: {}\nfunctions: {}\nunreached:\n  - ${entry}\n`);
  const good = '{ function: boil, code: goto burnt, because: nobody burns tea }';
  write('kernel/tea.c', good);
  t.strictSame(readCoverageList(path).unreached, [
    { function: 'boil', code: 'goto burnt', because: 'nobody burns tea' },
  ]);
  for (const [title, entry, why] of [
    ['how tea is made', good, /`unreached` needs the source file as title, such as kernel\/bpf\/cpumap\.c/],
    ['kernel/tea.c', '{ function: boil, code: goto burnt }', /because/],
    ['kernel/tea.c', '{ function: boil, code: "", because: x }', /code/],
    ['kernel/tea.c', '{ function: boil, line: 7, code: x, because: x }', /line/],
  ] as const) {
    write(title, entry);
    t.throws(() => readCoverageList(path), { code: 'scenario', detail: why });
  }
});
