import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { BpfrigError } from '../util/errors.ts';
import { BOUNDS } from './bounds.ts';
import { compile } from './cel.ts';
import { loadScenarios } from './load.ts';
import { parseScenario, problemLines } from './parse.ts';
import { moduleSource, yamlSource, type Source } from './places.ts';
import { NAMES } from './vocabulary.fixture.ts';

const FILE = { name: 's', file: 's.yaml', path: '/s.yaml' };

function problemsOf(source: Source): readonly string[] {
  return problemLines('s.yaml', parseScenario(source, FILE, NAMES).problems);
}

/** A scenario in which `lines` are added to what every scenario needs. */
function withLines(...lines: string[]): Source {
  return yamlSource(['title: t', 'source: s', ...lines, 'expect: [sent == 1]', ''].join('\n'));
}

function range(n: number): string {
  return `[${Array.from({ length: n }, (_, i) => i).join(', ')}]`;
}

t.test('what a scenario may hold is bounded when it is read, with the place', async t => {
  const bomb = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}]`);
  const rows: [string, Source, RegExp][] = [
    [
      'alias bomb',
      yamlSource(['a0: &a0 [x]', ...bomb].join('\n')),
      /^s\.yaml:6:\d+: more than 50,000 values/,
    ],
    ['alias of itself', yamlSource('a: &a [*a]'), /^s\.yaml:1:7: this value contains itself/],
    ['alias without an anchor', yamlSource('a: *b'), /^s\.yaml:1:4: .*b/i],
    ['nesting', yamlSource(`a: ${'['.repeat(40)}${']'.repeat(40)}`), /^s\.yaml:1:\d+: more than 32 mappings/],
    ['nesting without end', yamlSource('['.repeat(100_000)), /^s\.yaml:1:\d+: /],
    ['size', yamlSource(`a: ${'x'.repeat(BOUNDS.bytes)}`), /^s\.yaml:1:1: longer than 131,072 characters/],
    ['__proto__', yamlSource('title: t\n__proto__: { a: 1 }'), /^s\.yaml:2:1: `__proto__` cannot be a key/],
    ['a key of keys', yamlSource('{ [a, b]: c }'), /^s\.yaml:1:3: a key must be one word/],
    [
      'variants',
      withLines('axes:', ...['a', 'b', 'c', 'd'].map(axis => `  ${axis}: ${range(100)}`)),
      /^s\.yaml:3:1: the axes make 100,000,000 variants, which is more than 1,024: take out values/,
    ],
    [
      'wait',
      withLines('traffic:', '  - wait: { for: 10000000000 }'),
      /^s\.yaml:4:18: .*longer than a step may take/,
    ],
    ['not a number', withLines('traffic:', '  - wait: { for: .nan }'), /^s\.yaml:4:18: /],
    ['endless', withLines('traffic:', '  - wait: { for: .inf }'), /^s\.yaml:4:18: /],
    ['a fraction', withLines('traffic:', '  - wait: { for: 1.5 }'), /^s\.yaml:4:18: /],
    ['negative', withLines('traffic:', '  - wait: { for: -1 }'), /^s\.yaml:4:18: /],
    ['beyond 2^53', withLines('traffic:', '  - wait: { for: 9007199254740993 }'), /^s\.yaml:4:18: /],
    [
      'patience',
      withLines('traffic:', '  - enqueued: { count: 1, within: 4294967296 }'),
      /^s\.yaml:4:\d+: .*longer than a step may take/,
    ],
    [
      'packets',
      withLines('topology: veth', 'traffic:', '  - pktgen: { on: tx, count: 1000000000000 }'),
      /^s\.yaml:5:30: .*more than a step may send: 10,000,000 packets/,
    ],
    [
      'repeat',
      withLines('traffic:', '  - repeat: { times: 1000000000000, steps: [{ join: true }] }'),
      /^s\.yaml:4:22: .*too big/,
    ],
    [
      'repeats together',
      withLines(
        'setup:',
        '  - repeat: { times: 60000, steps: [{ join: true }] }',
        '  - repeat: { times: 60000, steps: [{ join: true }] }',
      ),
      /^s\.yaml:5:5: more than 100,000 steps so far/,
    ],
    [
      'waits together',
      withLines('traffic:', '  - repeat: { times: 100, steps: [{ wait: { for: 60000 } }] }'),
      /^s\.yaml:4:5: the scenario waits for longer than 600,000 ms/,
    ],
    ['memory', withLines('guest: { memory_mib: 100000000 }'), /^s\.yaml:3:\d+: .*too big/],
    [
      'an axis value',
      withLines('axes: { a: ["x\\e[31m"] }'),
      /^s\.yaml:3:\d+: .*U\+001B, which cannot be shown/,
    ],
    ['a title', yamlSource('title: "a\\u202eb"\nsource: s\nexpect: [sent == 1]'), /^s\.yaml:1:8: .*U\+202E/],
    [
      'a property of all objects',
      withLines('requires: []', 'setup:', '  - exec: { argv: [$toString] }'),
      /no axis is called `\$toString`/,
    ],
    [
      'a long expression',
      yamlSource(`title: t\nsource: s\nexpect: ["${'1+'.repeat(3000)}1 == 1"]`),
      /^s\.yaml:3:\d+: .{190,230}longer than 4,096/,
    ],
  ];
  for (const [what, source, expected] of rows) {
    const began = performance.now();
    const [first = 'nothing'] = problemsOf(source);
    t.match(first, expected, what);
    t.ok(performance.now() - began < 2000, `${what}: at once`);
  }
  t.strictSame(problemsOf(withLines('a: 1')).length, 1, 'the frame of these rows is sound but for one key');
  t.strictSame(problemsOf(withLines('traffic:', '  - wait: { for: 60000 }')), []);
});

t.test("a module's content is bounded too", async t => {
  const circle: Record<string, unknown> = { title: 't' };
  circle['setup'] = [circle];
  t.match(problemsOf(moduleSource(circle))[0], /more than 32 mappings and lists within each other/);
});

t.test('files that are no files, too large, or named to harm a terminal', async t => {
  const dir = t.testdir();
  mkdirSync(join(dir, 'scenarios'));
  const at = (name: string): string => join(dir, 'scenarios', name);
  execFileSync('mkfifo', [at('pipe.yaml')]);
  writeFileSync(at('large.yaml'), '');
  truncateSync(at('large.yaml'), 5_000_000_000);
  writeFileSync(at('a\u001b[2Jb.yaml'), 'title: t');
  const rows: [string, RegExp][] = [
    ['pipe.yaml', /cannot be read: it is not a regular file/],
    ['large.yaml', /cannot be read: it has more than 131,072 bytes/],
    ['a\u001b[2Jb.yaml', /a\\u001b\[2Jb\.yaml":1:1: the file's name has the character U\+001B/],
  ];
  for (const [name, expected] of rows) {
    const loaded = loadScenarios([at(name)], { rootOf: () => dir, ...NAMES });
    const error = await loaded.then(() => null).catch((thrown: unknown) => thrown);
    t.ok(error instanceof BpfrigError, name);
    t.match((error as BpfrigError).message, expected, name);
  }
});

t.test('expressions of great depth and length are refused when they are read', async t => {
  const rows = [
    '('.repeat(2000) + '1' + ')'.repeat(2000),
    `${'!'.repeat(4000)}true`,
    `${'-'.repeat(4000)}1 == 1`,
    `1${' + 1'.repeat(1000)} == 1001`,
    `a${'.b'.repeat(1000)} == 1`,
    'log.all(a, log.all(b, log.all(c, log.all(d, true))))',
    'cel.bind(a, [1], cel.bind(b, a + a, cel.bind(c, b + b, size(c) > 1)))',
  ];
  for (const text of rows) {
    const result = compile(text);
    if (!('problem' in result)) t.equal(result.evaluate({ log: [] }), true, text.slice(0, 20));
    else t.match(result.problem, /deep|Exceeded|exceeded|within each other/, text.slice(0, 20));
  }
});

t.test('an expression that would run for ever ends with an error', async t => {
  const list = JSON.stringify(Array.from({ length: 900 }, (_, i) => i));
  const rows = [
    `("${'a'.repeat(40)}b").matches("(a+)+$")`,
    `cel.bind(l, ${list}, l.all(a, l.all(b, l.all(c, a + b + c >= 0))))`,
  ];
  for (const text of rows) {
    const expression = compile(text);
    if ('problem' in expression) throw new Error(expression.problem);
    t.throws(() => expression.evaluate({}), {
      message: 'this expression did not end within 2000 ms: make it simpler',
    });
  }
  const source = withLines('known:', "  - { kernels: '>=5', reason: r, splat: '^(a+)+$' }");
  const { scenario } = parseScenario(source, FILE, NAMES);
  const splat = scenario?.variants[0]?.known[0]?.splat;
  t.equal(splat?.test('aaa'), true);
  t.throws(() => splat?.test(`${'a'.repeat(40)}b`), { message: /did not end within 2000 ms/ });
});
