import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { availabilityOf } from '../kernel/availability.ts';
import { pinName } from '../kernel/lock-file.ts';
import { packagesKey, storeFolder } from '../kernel/store.ts';
import type { KernelSpec } from '../model/kernel.ts';
import { openProject } from './project.ts';
import { readScenarios } from './scenarios.ts';
import { dryRunNotes, estimateText, planDryRun } from './dry-run.ts';
import { planCells } from './plan.ts';

const SCENARIO = `
title: one
source: a test
axes: { nic: [veth, virtio] }
topology: $nic
expect:
  - sent == 0
`;

function series(text: string): KernelSpec {
  return { kind: 'debian', text, suite: null, series: text, flavour: 'amd64', arch: 'amd64' };
}

t.test('availability: by the pin and the cache, or by the disk', async t => {
  const dir = t.testdir({ image: '', tree: {} });
  const packages = [{ name: 'linux-image-6.12', version: '6.12.1-1', sha256: 'aa' }];
  const lock = {
    kernels: {
      [pinName({ series: '6.12', flavour: 'amd64', arch: 'amd64' })]: {
        suite: 'trixie',
        version: '6.12.1-1',
        packages,
      },
    },
  };
  const of = (spec: KernelSpec, locked = false) => availabilityOf(spec, { cacheDir: dir, locked, lock });
  t.equal(of(series('6.12')), 'download');
  const folder = storeFolder(dir, packagesKey(packages));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'kernel.json'), '{}');
  t.equal(of(series('6.12')), 'cached');
  t.equal(of(series('6.1')), 'newest');
  t.equal(of(series('6.1'), true), 'absent');
  const image = { kind: 'path', text: 'path:image', path: join(dir, 'image') } as const;
  t.equal(of(image), 'file');
  t.equal(of(image, true), 'absent', '--locked takes pinned packages only');
  t.equal(of({ ...image, path: join(dir, 'gone') }), 'absent');
  const debs = { kind: 'deb', text: 'deb:x', files: [join(dir, 'image')], release: '6.1' } as const;
  t.equal(of(debs), 'file');
  t.equal(of({ ...debs, files: [...debs.files, join(dir, 'gone')] }), 'absent');
  t.equal(of({ kind: 'tree', text: 'tree:x', dir: join(dir, 'tree'), variant: null }), 'build');
});

t.test('a plan: kernels with cells, their guests, and the time as far as it is known', async t => {
  const dir = t.testdir({ 'one.yaml': SCENARIO, image: '' });
  const spec = { kind: 'path', text: 'path:image', path: join(dir, 'image') } as const;
  const scenarios = await readScenarios([join(dir, 'one.yaml')], openProject([dir]));
  const cells = planCells(scenarios, ['path:image'], { variant: {}, grep: null, only: null });
  const kernels = [
    { id: 'path:image', spec },
    { id: '6.1', spec: series('6.1') },
  ];
  const [first] = cells;
  if (first === undefined) throw new Error('no cell');
  const durations = { get: (id: string) => (id === first.cell.id ? 2000 : undefined) };
  const plan = planDryRun(kernels, cells, { cacheDir: dir, locked: false, jobs: 1, durations });
  const { guest } = first.variant;
  const size = `${guest.cpus} CPUs, ${guest.memoryMiB} MiB`;
  t.match(plan, {
    cells: 2,
    estimate: { ms: 4000, unknown: 1 },
    kernels: [
      { id: 'path:image', availability: 'file', shapes: { [`veth, ${size}`]: 1, [`virtio, ${size}`]: 1 } },
    ],
  });
  t.equal(plan.kernels.length, 1, 'a kernel without cells is not fetched');
  t.match(dryRunNotes(plan), [
    { type: 'note', text: /^path:image: from the disk; .*; about 4 s, 1 cell has/ },
  ]);
});

t.test('estimates in words', async t => {
  t.equal(estimateText({ ms: null, unknown: 3 }), '');
  t.equal(estimateText({ ms: 125_000, unknown: 0 }), 'about 2 min 5 s');
  t.equal(estimateText({ ms: 119_700, unknown: 2 }), 'about 2 min 0 s, 2 cells have not run before');
});
