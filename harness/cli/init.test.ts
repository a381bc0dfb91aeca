import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import { openProject } from '../run/project.ts';
import { readScenarios } from '../run/scenarios.ts';
import { program } from './program.ts';

function init(...args: string[]): Promise<unknown> {
  return program().parseAsync(['init', ...args], { from: 'user' });
}

/** A folder that lies in no project. */
function place(t: Test): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'bpfrig-init-')));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return dir;
}

t.test(
  'a new project has tests that are valid, in YAML and TypeScript, and named relative to it',
  async t => {
    const dir = join(place(t), 'mine');
    await init(dir);
    const project = openProject([dir]);
    t.equal(project.root, dir);
    const scenarios = await readScenarios([dir], project);
    t.strictSame(
      scenarios.map(({ name, variants }) => [name, variants.length]),
      [
        ['tests/firewall', 2],
        ['tests/sizes', 2],
      ],
    );
    t.ok(existsSync(join(dir, '.github', 'workflows', 'bpfrig.yml')));
  },
);

t.test('an editor finds the schemas in the project itself', async t => {
  const dir = join(place(t), 'mine');
  await init(dir);
  for (const name of ['bpfrig.yaml', 'tests/firewall.yaml']) {
    const path = join(dir, name);
    const schema = /\$schema=(.*)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? '';
    t.match(schema, /^(?:\.\.\/)?\.bpfrig\/\w+\.schema\.json$/);
    t.match(JSON.parse(readFileSync(resolve(dirname(path), schema), 'utf8')), { type: 'object' });
  }
  const copy = join(dir, '.bpfrig', 'scenario.schema.json');
  writeFileSync(copy, '{}');
  await init(dir, '--schemas');
  t.match(JSON.parse(readFileSync(copy, 'utf8')), { type: 'object' }, 'renewed');
});

t.test("a folder with files is left alone; one with only npm's or Git's is not", async t => {
  const dir = place(t);
  writeFileSync(join(dir, 'package.json'), '{}');
  await init(dir);
  t.ok(existsSync(join(dir, 'bpfrig.yaml')));
  await t.rejects(init(dir), { code: 'usage', message: /has files already/ });
  await t.rejects(init(place(t), '--schemas'), { code: 'usage', message: /no bpfrig\.yaml/ });
});
