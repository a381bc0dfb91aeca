import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { removeLeftovers } from './leftovers.ts';
import { isOwnerAlive, OWNER } from './owner.ts';

t.test('an owner is alive while exactly that process runs', async t => {
  t.equal(isOwnerAlive(OWNER), true);
  t.equal(isOwnerAlive(`${process.pid}-1`), false, 'same id, different start time');
  t.equal(isOwnerAlive('999999999-5'), false);
});

t.test('files of dead owners are removed; files of living owners and all others are kept', async t => {
  const dir = t.testdir();
  const dead = '999999999-5';
  const gone = [`tmp/bpfrig-${dead}-abc`, `cache/templates/.${dead}-0011aabb.tmp`];
  const kept = [
    `tmp/bpfrig-${OWNER}-abc`,
    `cache/templates/.${OWNER}-0011aabb.tmp`,
    'tmp/bpfrig-notes',
    'cache/templates/0123456789abcdef',
  ];
  for (const path of [...gone, ...kept]) mkdirSync(join(dir, path), { recursive: true });
  const removed = await removeLeftovers(join(dir, 'cache'), join(dir, 'tmp'));
  t.same(removed.toSorted(), gone.map(path => join(dir, path)).toSorted());
  for (const path of gone) t.notOk(existsSync(join(dir, path)), path);
  for (const path of kept) t.ok(existsSync(join(dir, path)), path);
});
