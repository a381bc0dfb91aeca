import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { NAMES } from '../oracle/subjects.ts';
import { loadScenarios } from '../scenario/load.ts';
import { program } from './program.ts';

function init(dir: string): Promise<unknown> {
  return program().parseAsync(['init', dir], { from: 'user' });
}

t.test('a new project is a valid scenario that an editor finds the schema of', async t => {
  const dir = join(t.testdir(), 'mine');
  await init(dir);
  const [scenario] = await loadScenarios([dir], { root: dir, ...NAMES });
  t.equal(scenario?.variants.length, 2);
  const schema = /\$schema=(.*)$/m.exec(readFileSync(join(dir, 'spread.yaml'), 'utf8'))?.[1] ?? '';
  t.match(JSON.parse(readFileSync(resolve(dir, schema), 'utf8')), { type: 'object' });
});

t.test('a folder with files is left alone', async t => {
  const dir = t.testdir({ 'mine.txt': 'precious' });
  await t.rejects(init(dir), { code: 'usage', message: /has files already/ });
});
