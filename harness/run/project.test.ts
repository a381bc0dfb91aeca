import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import { loadCatalogue } from '../kernel/catalogue.ts';
import { kernelsOf, kernelTextsOf, openProject, resultsRoot, scenarioRoot } from './project.ts';
import { readScenarios } from './scenarios.ts';

const SCENARIO = 'title: t\nsource: s\nexpect: [sent == 0]\n';

/** A folder outside this repository, which is a project itself, with these files; empty texts are folders. */
function place(t: Test, files: Readonly<Record<string, string>>): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'bpfrig-project-')));
  t.teardown(() => rmSync(dir, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    const path = join(dir, name);
    mkdirSync(text === '' ? path : join(path, '..'), { recursive: true });
    if (text !== '') writeFileSync(path, text);
  }
  return dir;
}

t.test('a project is found from below, and from a path that lies in another one', async t => {
  const dir = place(t, {
    'one/bpfrig.yaml': 'jobs: 1\n',
    'one/tests/deep': '',
    'two/bpfrig.yaml': 'jobs: 2\n',
    none: '',
  });
  t.match(openProject([], join(dir, 'one', 'tests', 'deep')), { root: join(dir, 'one'), jobs: 1 });
  t.match(openProject(['../two'], join(dir, 'one')), { root: join(dir, 'two'), jobs: 2 });
  t.match(openProject([], join(dir, 'none')), { root: join(dir, 'none'), file: null, jobs: null });
  t.equal(resultsRoot(openProject([], join(dir, 'one', 'tests')), {}), join(dir, 'one', 'results'));
  t.equal(resultsRoot({ root: dir }, { BPFRIG_RESULTS: '/elsewhere' }), '/elsewhere');
});

t.test('a scenario has one name, whatever the working folder is', async t => {
  const dir = place(t, {
    'with/bpfrig.yaml': 'suites: [checks]\n',
    'with/checks/a/x.yaml': SCENARIO,
    'git/.git': '',
    'git/bpf/tests/y.yaml': SCENARIO,
    'bare/z.yaml': SCENARIO,
  });
  const names = async (...paths: string[]): Promise<(readonly [string, string])[]> => {
    const project = openProject(paths.slice(0, 1), join(dir, 'with'));
    const scenarios = await readScenarios(
      paths.map(path => join(dir, path)),
      project,
    );
    return scenarios.map(({ name, file }) => [name, file]);
  };
  t.strictSame(await names('with/checks/a/x.yaml'), [['checks/a/x', 'checks/a/x.yaml']]);
  t.strictSame(await names('with'), [['checks/a/x', 'checks/a/x.yaml']]);
  t.strictSame(await names(), [['checks/a/x', 'checks/a/x.yaml']], 'its suites, without paths');
  t.strictSame(await names('git/bpf'), [['bpf/tests/y', 'bpf/tests/y.yaml']]);
  t.strictSame(await names('bare/z.yaml'), [['z', 'z.yaml']]);
  t.strictSame(await names('bare'), [['z', 'z.yaml']]);
  t.equal(scenarioRoot(join(dir, 'bare', 'z.yaml')), join(dir, 'bare'));
});

t.test('kernels of the command line come before those of the project, whose paths are its own', async t => {
  const dir = place(t, { 'p/bpfrig.yaml': 'kernels: [6.12, path:build/bzImage]\n' });
  const project = openProject([join(dir, 'p')]);
  const catalogue = loadCatalogue();
  t.strictSame(
    (await kernelsOf(project, ['7.3'], catalogue)).map(({ id }) => id),
    ['7.3'],
  );
  t.match(await kernelsOf(project, [], catalogue), [
    { id: '6.12' },
    { id: 'path:bzImage', spec: { kind: 'path', path: join(dir, 'p', 'build', 'bzImage') } },
  ]);
  const { root } = openProject([join(dir, 'p')]);
  t.strictSame(
    kernelTextsOf({ ...project, kernels: ['deb:k/a.deb,/b.deb', 'rpm:k/*.rpm'] }).map(text =>
      text.split(/[:,]/).map(path => (path.includes('/') ? resolve(path) : path)),
    ),
    [
      ['deb', join(root, 'k', 'a.deb'), '/b.deb'],
      ['rpm', join(root, 'k', '*.rpm')],
    ],
  );
  const trees = ['tree:linux+kasan,./k/my.config,gcov=net/core/dev.c', 'tree:/linux+/my.config'];
  t.strictSame(
    kernelTextsOf({ ...project, kernels: trees }).map(text =>
      text.split(/[:+,]/).map(part => (part.startsWith('.') ? resolve(part) : part)),
    ),
    [
      ['tree', join(root, 'linux'), 'kasan', join(root, 'k', 'my.config'), 'gcov=net/core/dev.c'],
      ['tree', '/linux', '/my.config'],
    ],
  );
});

t.test('keys of `guest` that a scenario does not have', async t => {
  const dir = place(t, {
    'p/bpfrig.yaml': 'guest: { cpus: 2, memory_mib: 256 }\n',
    'p/a.yaml': SCENARIO,
    'p/b.yaml': `${SCENARIO}guest: { cpus: 8 }\n`,
  });
  const scenarios = await readScenarios([], openProject([join(dir, 'p')]));
  t.match(
    scenarios.map(({ variants }) => variants[0]?.guest),
    [
      { cpus: 2, memoryMiB: 256 },
      { cpus: 8, memoryMiB: 256 },
    ],
  );
});
