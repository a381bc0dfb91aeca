import { join } from 'node:path';
import t from 'tap';
import { UNKNOWN_BUILD } from '../kernel/build-facts.ts';
import { needsOf } from '../kernel/needs.ts';
import type { Kernel } from '../model/kernel.ts';
import { NAMES } from '../oracle/subjects.ts';
import { loadScenarios } from '../scenario/load.ts';
import { checkBuild } from './check-kernel.ts';
import { planCells, type PlannedCell } from './plan.ts';

const OWN: Kernel = {
  id: 'path:vmlinux',
  spec: 'path:vmlinux',
  series: '6.12',
  flavour: 'amd64',
  arch: 'amd64',
  version: '6.12.1',
  release: '6.12.1',
  image: '/nowhere',
  modulesDir: null,
  packages: [],
  notes: [],
  key: 'key',
};

const WHOLE = [
  ...needsOf(OWN).flatMap(({ option, not }) => (not === undefined ? [`${option}=y`] : [])),
  'CONFIG_SMP=y',
  'CONFIG_NR_CPUS=8',
  '',
].join('\n');

const HEAD = 'title: one\nsource: a test\nexpect: [sent == 0]\n';

async function cells(dir: string): Promise<PlannedCell[]> {
  const scenarios = await loadScenarios([dir], { rootOf: () => dir, ...NAMES });
  return planCells(scenarios, [OWN.id], { variant: {}, grep: null, only: null });
}

t.test('what cells skip, by the reason, and what keeps all of them from running', async t => {
  const dir = t.testdir({
    'plain.yaml': `${HEAD}topology: veth\n`,
    'large.yaml': `${HEAD}guest: { cpus: 16 }\naxes: { turn: [1, 2] }\n`,
    'btf.yaml': `${HEAD}requires: [btf]\n`,
    'newer.yaml': `${HEAD}kernels: '>=7'\nbecause: a test\n`,
  });
  const planned = await cells(join(dir));
  const config = WHOLE.replace('CONFIG_DEBUG_INFO_BTF=y\n', '');
  const check = checkBuild(OWN, { ...UNKNOWN_BUILD, config }, planned);
  t.match(check, {
    configured: true,
    obstacle: null,
    cells: 5,
    lacks: [{ text: 'CONFIG_DEBUG_INFO_BTF=n', use: 'instead', without: /^observers are classic/ }],
    decided: [
      { verdict: 'skip', reason: /^needs 16 CPUs, and the kernel is built for 8/, cells: 2 },
      { cells: 1 },
      { cells: 1 },
    ],
  });
  t.ok(
    check.features.some(({ name, options }) => name === 'btf' && options[0] === 'CONFIG_DEBUG_INFO_BTF=n'),
  );
  const without = WHOLE.replace('CONFIG_VETH=y\n', '');
  t.match(checkBuild(OWN, { ...UNKNOWN_BUILD, config: without }, planned).obstacle, /CONFIG_VETH=n/);
  const others = planned.filter(({ variant }) => variant.topology === 'none');
  t.equal(checkBuild(OWN, { ...UNKNOWN_BUILD, config: without }, others).obstacle, null, 'no cell uses it');
});

t.test('of a configuration that is not known nothing is said', async t => {
  const dir = t.testdir({ 'plain.yaml': `${HEAD}requires: [btf]\n` });
  const check = checkBuild(OWN, UNKNOWN_BUILD, await cells(dir));
  t.match(check, { configured: false, obstacle: null, lacks: { length: 0 }, features: { length: 0 } });
  t.strictSame(check.decided, []);
});
