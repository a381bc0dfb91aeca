import { join } from 'node:path';
import t from 'tap';
import { NAMES } from '../oracle/subjects.ts';
import { loadScenarios } from '../scenario/load.ts';
import { planCells } from './plan.ts';

const ALL = { variant: {}, grep: null, only: null };

function yaml(axes = '', number = 0): string {
  return `title: one\nsource: a test\n${axes}expect:\n  - sent == ${number}\n`;
}

async function scenariosOf(dir: string, paths: readonly string[]) {
  return await loadScenarios(
    paths.map(path => join(dir, path)),
    { rootOf: () => dir, ...NAMES },
  );
}

t.test('scenarios of the same name in two folders are refused, with both files', async t => {
  const dir = t.testdir({
    A: { scenarios: { 'x.yaml': yaml() } },
    B: { scenarios: { 'x.yaml': yaml('', 1) } },
  });
  const scenarios = await scenariosOf(dir, ['A', 'B']);
  t.throws(() => planCells(scenarios, ['7.3', '5.10'], ALL), {
    code: 'usage',
    message: /^A\/scenarios\/x\.yaml and B\/scenarios\/x\.yaml are both named x: rename one .*them.*other$/,
  });
  t.equal(planCells(await scenariosOf(dir, ['A']), ['7.3', '5.10'], ALL).length, 2);
});

t.test(
  'scenarios of two roots that have the same name there are refused, with their whole paths',
  async t => {
    const dir = t.testdir({ A: { 'x.yaml': yaml() }, B: { 'x.yaml': yaml('', 1) } });
    const [a, b] = [join(dir, 'A'), join(dir, 'B')];
    const scenarios = await loadScenarios([a, b], { rootOf: path => path, ...NAMES });
    t.throws(() => planCells(scenarios, ['7.3'], ALL), {
      code: 'usage',
      message: `${join(a, 'x.yaml')} and ${join(b, 'x.yaml')} are both named x: rename one of them, or run them one after the other`,
    });
  },
);

t.test('the same name by another ending or another file type is refused too', async t => {
  const dir = t.testdir({ 'x.yaml': yaml(), 'x.yml': yaml() });
  const scenarios = await scenariosOf(dir, ['.']);
  t.throws(() => planCells(scenarios, ['7.3'], ALL), { message: /x\.yaml and x\.yml are both named x/ });
});

t.test('variants that are written in the same way are refused', async t => {
  const dir = t.testdir({ 'x.yaml': yaml(`axes: { a: ['1,b=2', '1'], b: ['2', '2,b=2'] }\n`) });
  const scenarios = await scenariosOf(dir, ['x.yaml']);
  t.throws(() => planCells(scenarios, ['7.3'], ALL), {
    code: 'usage',
    message: /^x\.yaml: two cells of 7\.3 are named x\[a=1,b=2,b=2\]@7\.3: no two variants/,
  });
});

t.test('an axis with a value twice is refused when the scenario is read, with its place', async t => {
  const dir = t.testdir({ 'x.yaml': yaml('axes: { nic: [veth, veth] }\n') });
  await t.rejects(scenariosOf(dir, ['x.yaml']), {
    code: 'scenario',
    message: /^x\.yaml:3:21: axis `nic` has the value `veth` twice$/,
  });
});

t.test('--variant: an axis and a value must be those of some scenario', async t => {
  const dir = t.testdir({
    'x.yaml': yaml('axes: { nic: [veth, virtio] }\n'),
    'y.yaml': yaml('axes: { mode: [native] }\n'),
    'z.yaml': yaml(),
  });
  const scenarios = await scenariosOf(dir, ['.']);
  const plan = (variant: Record<string, string[]>) => planCells(scenarios, ['7.3'], { ...ALL, variant });
  t.equal(plan({ nic: ['veth'] }).length, 1);
  t.equal(plan({ nic: ['veth'], mode: ['native'] }).length, 0, 'both are known, and no scenario has both');
  t.throws(() => plan({ nci: ['veth'] }), {
    code: 'usage',
    message: "--variant: no axis 'nci', did you mean `nic`?; axes are nic, mode",
  });
  t.throws(() => plan({ nic: ['veth', 'virtoi'] }), {
    code: 'usage',
    message: "--variant: axis nic has no value 'virtoi', did you mean `virtio`?; it has veth, virtio",
  });
});

t.test('--grep: a cell as its id has it, and as tables print it', async t => {
  const dir = t.testdir({ 'x.yaml': yaml('axes: { nic: [veth, virtio], mode: [native, generic] }\n') });
  const scenarios = await scenariosOf(dir, ['.']);
  for (const grep of ['x[nic=veth,mode=native]@7.3', 'x [nic=veth mode=native]', 'nic=veth mode=native'])
    t.strictSame(
      planCells(scenarios, ['7.3'], { ...ALL, grep }).map(({ cell }) => cell.id),
      ['x[nic=veth,mode=native]@7.3'],
      grep,
    );
  t.equal(planCells(scenarios, ['7.3'], { ...ALL, grep: 'nic=veth' }).length, 2);
});
