import t from 'tap';
import { parseScenario, problemLines } from './parse.ts';
import { yamlSource } from './places.ts';
import type { ResolvedVariant } from './scenario.ts';
import { NAMES } from './vocabulary.fixture.ts';

const CAPTURED = {
  kind: 'branch',
  meaning: '',
  words: { '*': { kind: 'list', unit: '', meaning: '' } },
} as const;
const VOCABULARY = { ...NAMES, vocabulary: { ...NAMES.vocabulary, captured: CAPTURED } };

/** A scenario with these lines, in the order of a file; line 3 is the first of them. */
function parsed(lines: string) {
  const text = `title: t\nsource: s\n${lines}\n`;
  const file = { name: 'one', file: 'one.yaml', path: '/one.yaml' };
  return parseScenario(yamlSource(text), file, VOCABULARY);
}

function variantOf(lines: string): ResolvedVariant | undefined {
  const { scenario, problems } = parsed(lines);
  if (scenario === null) throw new Error(problemLines('one.yaml', problems).join('\n'));
  return scenario.variants[0];
}

t.test('a device by its name, or with what is kept of it', async t => {
  const captures = variantOf(`topology: veth
capture: [rx, { on: tx, max: 10, snap: 64, direction: both }]
expect: ["size(captured.rx) == 1 && captured.tx[0].ip.src == '1.2.3.4'"]`)?.captures;
  t.same(captures, [
    { on: 'rx', max: 1000, snap: 2048, direction: 'in' },
    { on: 'tx', max: 10, snap: 64, direction: 'both' },
  ]);
  t.same(variantOf('expect: [sent == 0]')?.captures, [], 'nothing is captured that nobody asked for');
  const axis = `topology: veth
axes: { n: [5] }
capture: [{ on: rx, max: $n }]
expect: [size(captured.rx) == 1]`;
  t.match(variantOf(axis)?.captures, [{ max: 5 }]);
});

t.test('what cannot be captured is said with its place', async t => {
  const rows: [string, RegExp][] = [
    [
      'topology: veth\ncapture: [rx]\nexpect: [size(captured.tx) == 1]',
      /one\.yaml:5:10: .*`tx` is not captured: write `capture: \[tx\]`/,
    ],
    [
      'capture: [rx]\nexpect: [size(captured.rx) == 1]',
      /one\.yaml:3:11: there is no device `rx`: write `topology`/,
    ],
    [
      'topology: veth\ncapture: [rx, rx]\nexpect: [size(captured.rx) == 1]',
      /one\.yaml:4:15: `rx` is captured twice/,
    ],
    [
      'topology: veth\ncapture: [{ on: rx, max: 16000, snap: 2000 }]\nexpect: [sent == 1]',
      /one\.yaml:4:11: 16,000 frames of 2,000 bytes are more than a capture keeps, 12,582,912 bytes/,
    ],
    ['topology: veth\ncapture: [{ on: rx, max: 0 }]\nexpect: [sent == 1]', /one\.yaml:4:/],
    ['topology: veth\ncapture: [{ on: rx, snaplen: 9 }]\nexpect: [sent == 1]', /one\.yaml:4:.*snaplen/],
    ['topology: veth\ncapture: [../x]\nexpect: [sent == 1]', /one\.yaml:4:/],
    ['topology: veth\ncapture: rx\nexpect: [sent == 1]', /one\.yaml:4:/],
  ];
  for (const [lines, message] of rows)
    t.match(problemLines('one.yaml', parsed(lines).problems).join('\n'), message, lines);
});
