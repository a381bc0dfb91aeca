import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { loadScenarios, scenarioName } from './load.ts';
import { NAMES } from './vocabulary.fixture.ts';

const GOOD = 'title: t\nsource: s\nobjects: [./lossy.bpf.c]\nexpect: [sent == 0]\n';

t.test('files and folders, and all problems of all files in one error', async t => {
  const root = await mkdtemp(join(tmpdir(), 'bpfrig-load-'));
  t.teardown(() => rm(root, { recursive: true }));
  const rootOf = (): string => root;
  const at = (path: string): string => join(root, path);
  const folder = join(root, 'scenarios', 'cpumap');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'b.yaml'), GOOD);
  await writeFile(join(folder, 'a.yml'), GOOD);
  await writeFile(
    join(folder, 'c.scenario.mjs'),
    'export default { title: "t", source: "s", expect: ["sent == 0"] };',
  );
  await writeFile(join(folder, 'helper.mjs'), 'throw new Error("not a scenario");');

  const scenarios = await loadScenarios([at('scenarios'), at('scenarios/cpumap/b.yaml')], {
    rootOf,
    ...NAMES,
  });
  t.strictSame(
    scenarios.map(({ name, file }) => [name, file]),
    [
      ['cpumap/a', 'scenarios/cpumap/a.yml'],
      ['cpumap/b', 'scenarios/cpumap/b.yaml'],
      ['cpumap/c', 'scenarios/cpumap/c.scenario.mjs'],
    ],
  );
  t.strictSame(
    scenarios[0]?.objects.map(({ path }) => path),
    [join(folder, 'lossy.bpf.c')],
  );

  await writeFile(join(folder, 'd.yaml'), GOOD.replace('sent', 'sennt'));
  await writeFile(join(folder, 'e.yaml'), GOOD.replace('title: t\n', ''));
  await t.rejects(loadScenarios([at('scenarios')], { rootOf, ...NAMES }), {
    code: 'scenario',
    message:
      'scenarios/cpumap/d.yaml:4:10: `sennt == 0`: unknown name `sennt`, did you mean `sent`? (and 1 more)',
    detail: /d\.yaml:4:10: .*\nscenarios\/cpumap\/e\.yaml:1:1: missing key `title`: one sentence: .*$/,
  });
  await t.rejects(loadScenarios([at('nowhere')], { rootOf, ...NAMES }), {
    code: 'usage',
    message: /nowhere/,
  });
  await mkdir(join(root, 'empty'));
  await t.rejects(loadScenarios([at('empty')], { rootOf, ...NAMES }), {
    code: 'usage',
    message: /no scenario in folder/,
  });
});

t.test('names of scenarios', async t => {
  const rows = [
    ['scenarios/cpumap/redirect/one-cpu.yaml', 'cpumap/redirect/one-cpu'],
    ['../other/scenarios/x.yml', 'x'],
    ['mine/x.scenario.ts', 'mine/x'],
  ] as const;
  for (const [file, name] of rows) t.equal(scenarioName(file), name);
});
