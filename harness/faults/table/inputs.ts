import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from '../fault.ts';
import { run } from '../scenarios.ts';

const HEAD = 'title: Hostile input\nsource: a fixture of the fault suite\ntopology: none\n';
const WAIT = 'traffic:\n  - wait: { for: 100 }\n';
const EXPECT = 'expect:\n  - sent == 0\n';

/** A scenario that is refused when it is read. */
function refused(
  name: string,
  injected: string,
  text: string | Buffer,
  words: readonly RegExp[],
  more: Partial<Fault> = {},
): Fault {
  return {
    name: `input/${name}`,
    injected,
    verdict: [],
    exit: [2],
    seconds: 15,
    words,
    ...more,
    inject: place => ({ argv: run(place, place.write('hostile.yaml', text)) }),
  };
}

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const bomb = [
  'a0: &a0 [x]',
  ...Array.from(
    { length: 12 },
    (_, at) => `a${at + 1}: &a${at + 1} [${Array.from({ length: 10 }, () => `*a${at}`).join(', ')}]`,
  ),
].join('\n');
const axis = `[${Array.from({ length: 100 }, (_, at) => at).join(', ')}]`;

const scenarios: readonly Fault[] = [
  refused(
    'wait-of-months',
    'a step waits 10^10 ms',
    `${HEAD}traffic:\n  - wait: { for: 10000000000 }\n${EXPECT}`,
    [/hostile\.yaml:\d+:\d+/],
    { sample: true },
  ),
  refused(
    'count-of-10-12',
    'a source is to send 10^12 packets',
    `${HEAD.replace('none', 'veth')}traffic:\n  - pktgen: { on: tx, count: 1000000000000 }\nexpect:\n  - sent == 0\n`,
    [/hostile\.yaml:\d+:\d+/],
  ),
  refused(
    'repeat-10-12',
    'steps are repeated 10^12 times',
    `${HEAD}traffic:\n  - repeat: { times: 1000000000000, steps: [{ wait: { for: 1 } }] }\n${EXPECT}`,
    [/hostile\.yaml:\d+:\d+/],
  ),
  refused(
    'million-variants',
    'five axes of a hundred values',
    `${HEAD}axes: { a: ${axis}, b: ${axis}, c: ${axis}, d: ${axis}, e: ${axis} }\n${WAIT}${EXPECT}`,
    [/variants|axes/],
    { sample: true },
  ),
  refused('alias-bomb', 'YAML aliases that grow tenfold, twelve times', `${HEAD}${bomb}\n${WAIT}${EXPECT}`, [
    /hostile\.yaml/,
  ]),
  refused('deep-yaml', 'YAML of depth 50,000', `${HEAD}objects: ${nested(50_000)}\n${WAIT}${EXPECT}`, [
    /hostile\.yaml/,
  ]),
  refused(
    'binary',
    'the scenario is binary',
    Buffer.from(Array.from({ length: 4_096 }, (_, at) => (at * 31) % 256)),
    [/hostile\.yaml/],
  ),
  refused('empty', 'the scenario is empty', '', [/hostile\.yaml/]),
  refused(
    'huge',
    'the scenario has 50 MB',
    `${HEAD}${'# nothing\n'.repeat(5_000_000)}${WAIT}${EXPECT}`,
    [/hostile\.yaml/],
    { seconds: 30 },
  ),
  refused(
    'memory-absurd',
    'a guest of a petabyte',
    `${HEAD}guest: { memory_mib: 1000000000 }\n${WAIT}${EXPECT}`,
    [/hostile\.yaml:\d+:\d+/],
  ),
  refused(
    'prototype',
    'an axis is named `__proto__`',
    `${HEAD}axes: { __proto__: [a, b] }\n${WAIT}${EXPECT}`,
    [/hostile\.yaml/],
  ),
  refused(
    'deep-cel',
    'an expectation of depth 20,000',
    `${HEAD}${WAIT}expect:\n  - "${'('.repeat(20_000)}sent${')'.repeat(20_000)} == 0"\n`,
    [/hostile\.yaml:\d+/],
  ),
  refused(
    'long-cel',
    'an expectation of a megabyte',
    `${HEAD}${WAIT}expect:\n  - "${'sent + '.repeat(150_000)}0 == 0"\n`,
    [/hostile\.yaml:\d+/],
  ),
  refused(
    'always-true',
    'an expectation that can never fail',
    `${HEAD}${WAIT}expect:\n  - "true || sent == 0"\n`,
    [/hostile\.yaml:\d+/, /never fail/],
    { sample: true },
  ),
];

const evaluated: readonly Fault[] = [
  {
    name: 'input/regex-backtracks',
    injected: 'an expectation matches a regular expression that takes exponential time',
    verdict: ['error'],
    exit: [2, 3],
    seconds: 40,
    words: [/matches|expectation|regular|time|hostile\.yaml/],
    sample: true,
    inject: place => ({
      argv: run(
        place,
        place.write(
          'hostile.yaml',
          `${HEAD}traffic:\n  - { exec: { argv: [busybox, echo, ${'a'.repeat(40)}b] }, as: said }\nexpect:\n  - 'said.stdout.matches("^(a+)+$") || sent == 1'\n`,
        ),
      ),
    }),
  },
];

const cells: readonly Fault[] = [
  {
    name: 'input/same-name-in-two-folders',
    injected: 'two folders have a scenario of the same name, each with another wrong expectation: refused',
    verdict: [],
    exit: [2],
    seconds: 15,
    words: [/A.same\.yaml and \S*B.same\.yaml are both named same/],
    inject: place => {
      const folders = ['A', 'B'].map(name => join(place.dir, name));
      for (const folder of folders) mkdirSync(folder);
      place.write(join('A', 'same.yaml'), `${HEAD}${WAIT}expect:\n  - sent == 1\n`);
      place.write(join('B', 'same.yaml'), `${HEAD}${WAIT}expect:\n  - sent == 2\n`);
      return { argv: run(place, folders[0] ?? '', folders[1] ?? '') };
    },
  },
  {
    name: 'input/same-value-twice',
    injected: 'an axis has the same value twice',
    verdict: [],
    exit: [2],
    seconds: 15,
    words: [/twice|same|unique/],
    inject: place => ({
      argv: run(place, place.write('twice.yaml', `${HEAD}axes: { which: [a, a] }\n${WAIT}${EXPECT}`)),
    }),
  },
];

/** Scenarios made to break their reader. */
export const INPUT_FAULTS: readonly Fault[] = [...scenarios, ...evaluated, ...cells];
