import { existsSync, mkdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { pruneCache } from './prune.ts';

t.test('the least recently used entries are removed until the rest is within the limit', async t => {
  const dir = t.testdir();
  for (const [name, age] of [
    ['old', 300],
    ['older', 400],
    ['new', 100],
    ['newer', 50],
  ] as const) {
    const path = join(dir, 'templates', name);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'ram'), Buffer.alloc(1024 * 1024, 1));
    const at = Date.now() / 1000 - age;
    utimesSync(path, at, at);
  }
  const pruned = await pruneCache(dir, { templates: 2.5, kernels: 1 });
  t.equal(pruned.removed, 2);
  t.ok(existsSync(join(dir, 'templates/new')));
  t.ok(existsSync(join(dir, 'templates/newer')));
  t.notOk(existsSync(join(dir, 'templates/old')));
});

t.test('holes of sparse files do not count, and incomplete folders are kept', async t => {
  const dir = t.testdir({ templates: { sparse: { ram: '' }, '.1-2-00.tmp': { ram: 'x' } } });
  truncateSync(join(dir, 'templates/sparse/ram'), 1024 * 1024 * 1024);
  const pruned = await pruneCache(dir, { templates: 1 });
  t.equal(pruned.removed, 0);
  t.ok(existsSync(join(dir, 'templates/.1-2-00.tmp')));
});
