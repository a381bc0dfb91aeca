import t from 'tap';
import {
  readCapture,
  readExpectations,
  readStage,
  readStep,
  type AnyStep,
  type StageInput,
} from './pieces.ts';
import { NAMES as names } from './vocabulary.fixture.ts';

const STAGE = readStage({ topology: 'veth', objects: { fw: './fw.bpf.c' } }, '/project/tests/guest.ts');

t.test('a stage has paths from its folder, and keys of guest from the project', async t => {
  t.match(STAGE, { topology: 'veth', objects: [{ name: 'fw', path: '/project/tests/fw.bpf.c' }], netns: [] });
  const small = readStage({ guest: { cpus: 1 } }, '/x', { cpus: 2, memory_mib: 256 });
  t.match(small, { topology: 'none', guest: { cpus: 1, memoryMiB: 256 } });
});

t.test('what is wrong with a piece is said without a line', async t => {
  const stages: [StageInput, RegExp][] = [
    [{ topologie: 'veth' } as StageInput, /^unknown key `topologie`, did you mean `topology`\?$/],
    [{ guest: { cpu: 1 } } as StageInput, /^unknown key `cpu`, did you mean `cpus`\?$/],
    [{ guest: { queues: 2 } }, /^guest.queues: `queues: 2`/],
    [{ guest: { modules: [{ use: 'x', when: { nic: 'veth' } }] } }, /no axis is called `nic`/],
  ];
  for (const [input, message] of stages)
    t.throws(() => readStage(input, '/x'), { code: 'scenario', message }, String(message));
  const steps: [AnyStep, RegExp][] = [
    [{ wayt: 1 } as unknown as AnyStep, /^unknown key `wayt`, did you mean `wait`\?$/],
    [{ wait: { for: 1 }, as: 'x' } as AnyStep, /^unknown key `as`/],
    [{} as AnyStep, /^a step needs a key that says what it does/],
    [
      { wait: { for: 1 }, ping: { count: 1 } } as AnyStep,
      /^a step does one thing, this one has ping and wait$/,
    ],
    [
      { exec: { argv: ['a', 1] } } as unknown as AnyStep,
      /^exec.argv\[1\]: `1` is a number, and must be a text$/,
    ],
    [{ exec: { argv: ['a'], netns: 'b' } }, /has no `b`/],
    [{ attach: { program: 'p', to: 'eth9', mode: 'native' } }, /^there is no device `eth9`/],
  ];
  for (const [input, message] of steps)
    t.throws(() => readStep(input, STAGE, names), { code: 'scenario', message }, String(message));
  t.throws(() => readExpectations(['sent =='], STAGE, names, []), { code: 'scenario' });
  t.throws(() => readExpectations(['sent >= 0'], STAGE, names, []), { message: /can never fail/ });
  t.throws(() => readCapture({ on: 'rx', max: 0 }, STAGE), { code: 'scenario' });
});

t.test('a step has its defaults, and stands in no file', async t => {
  const step = readStep({ send: { on: 'tx', count: 5 } }, STAGE, names);
  t.match(step, {
    kind: 'send',
    as: null,
    place: { line: 0 },
    args: { on: 'tx', count: 5, size: 64, flows: 1 },
  });
  t.strictSame(readCapture('rx', STAGE), { on: 'rx', max: 1000, snap: 2048, direction: 'in' });
});
