import t from 'tap';
import { NAMES } from './vocabulary.fixture.ts';
import { parseScenario, problemLines } from './parse.ts';
import { yamlSource } from './places.ts';

const FILE = { name: 'one', file: 'one.yaml', path: '/rules/one.yaml' };

function parsed(lines: string) {
  const { scenario, problems } = parseScenario(
    yamlSource(`title: t\nsource: s\n${lines}\nexpect: ['sent == 0']\n`),
    FILE,
    NAMES,
  );
  return { scenario, problems: problemLines('one.yaml', problems) };
}

t.test('objects: a list of sources and objects, or a mapping, with options', t => {
  const one = { cflags: [], dir: '/rules' };
  const cases: readonly (readonly [string, readonly object[]])[] = [
    ['[./fw.bpf.c]', [{ ...one, name: 'fw', label: 'fw.bpf.c', path: '/rules/fw.bpf.c' }]],
    ['[bpf/xdp_prog_kern.c]', [{ ...one, name: 'xdp_prog_kern', path: '/rules/bpf/xdp_prog_kern.c' }]],
    ['[../out/fw.bpf.o, x.o]', [{ name: 'fw', path: '/out/fw.bpf.o' }, { name: 'x' }]],
    ['[{ source: fw.c, cflags: [-Iinclude, -DN=1] }]', [{ name: 'fw', cflags: ['-Iinclude', '-DN=1'] }]],
    [
      '{ wall: { source: fw.bpf.c, cflags: [-DN=1] }, plain: x.o }',
      [
        { ...one, name: 'wall', label: 'fw.bpf.c', path: '/rules/fw.bpf.c', cflags: ['-DN=1'] },
        { ...one, name: 'plain', label: 'x.o', path: '/rules/x.o' },
      ],
    ],
  ];
  for (const [yaml, expected] of cases) {
    const { scenario, problems } = parsed(`objects: ${yaml}`);
    t.same(problems, [], yaml);
    t.match(scenario?.objects, expected, yaml);
  }
  t.end();
});

t.test('an axis chooses among objects and options: each variant has its own', t => {
  const { scenario } = parsed(
    'axes: { build: [fast, safe], n: [1] }\nobjects: [./$build.bpf.c, { source: x.c, cflags: [-DN=$n] }]',
  );
  t.same(
    scenario?.variants.map(({ objects }) => objects.map(({ label, cflags }) => [label, ...cflags])),
    [
      [['fast.bpf.c'], ['x.c', '-DN=1']],
      [['safe.bpf.c'], ['x.c', '-DN=1']],
    ],
  );
  t.same(
    scenario?.objects.map(({ label }) => label),
    ['fast.bpf.c', 'x.c', 'safe.bpf.c'],
  );
  t.end();
});

t.test('what is wrong with objects, with its place', t => {
  const cases: readonly (readonly [string, string])[] = [
    ['[./fw.rs]', 'one.yaml:3:11: objects[0]: `./fw.rs` is not a C source (.c) or a compiled object (.o)'],
    [
      '[{ source: fw.o, cflags: [-DN] }]',
      'one.yaml:3:11: `cflags` have no effect on a compiled object: fw.o',
    ],
    [
      '[a/fw.c, b/fw.o]',
      'one.yaml:3:19: two objects are called `fw`: name them, as in `objects: { fw: b/fw.o, other: … }`',
    ],
    ['[{ source: fw.c, cflag: [-DN] }]', 'one.yaml:3:27: unknown key `cflag`, did you mean `cflags`?'],
  ];
  for (const [yaml, problem] of cases) t.same(parsed(`objects: ${yaml}`).problems, [problem], yaml);
  t.end();
});

t.test('a map may leave out what an object declares, and nothing where there is no object', t => {
  const steps = 'setup: [{ map: { name: RULES, max_entries: 4 } }, { cpumap: { name: Cpus } }]';
  t.same(parsed(`objects: [fw.o]\n${steps}`).problems, []);
  t.same(parsed(steps).problems, [
    'one.yaml:3:9: missing key `type`',
    'one.yaml:3:9: missing key `key_size`',
    'one.yaml:3:9: missing key `value_size`',
  ]);
  t.end();
});
