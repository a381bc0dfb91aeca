import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { removeLeftovers } from './leftovers.ts';
import { withLock } from './lock.ts';
import { claimFolder, claimOf, OWNER } from './owner.ts';
import { makeWorkspace } from './workspace.ts';

const DEAD = '999999999-5';
const isRoot = process.getuid?.() === 0;
const module = (name: string): string => JSON.stringify(join(import.meta.dirname, `${name}.js`));

/** A temporary folder with a path that is short enough for sockets. */
function tempFolder(t: Test): string {
  const dir = mkdtempSync('/tmp/leftovers-');
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A claimed folder whose owner was killed. */
async function abandoned(t: Test, dir: string): Promise<string> {
  mkdirSync(dir, { recursive: true });
  const script = `import { claimFolder } from ${module('owner')};
    await claimFolder(${JSON.stringify(dir)}); console.log('claimed'); setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  t.equal(await claimOf(dir), 'held');
  child.kill('SIGSTOP');
  t.equal(await claimOf(dir), 'held', 'a stopped owner is an owner');
  child.kill('SIGKILL');
  await once(child, 'close');
  t.equal(await claimOf(dir), 'ended');
  return dir;
}

function age(path: string): void {
  const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600;
  utimesSync(path, twoDaysAgo, twoDaysAgo);
}

t.test('a claim holds as long as it is not disposed of, however long the path', async t => {
  const dir = join(t.testdir(), 'x'.repeat(120));
  mkdirSync(dir);
  t.equal(await claimOf(dir), 'none');
  {
    await using _ = await claimFolder(dir);
    t.equal(await claimOf(dir), 'held');
  }
  t.not(await claimOf(dir), 'held');
});

t.test('what killed processes left is removed; what is in use, and all else, is kept', async t => {
  const dir = tempFolder(t);
  const temp = join(dir, 'tmp');
  const templates = join(dir, 'cache', 'templates');
  mkdirSync(temp);
  const gone = [
    await abandoned(t, join(temp, `bpfrig-${DEAD}-abc`)),
    join(temp, `bpfrig-${DEAD}-old`),
    join(templates, '.0123456789abcdef.0011aabb.tmp'),
    join(templates, `.${DEAD}-0011aabb.tmp`),
    join(templates, 'beef.lock'),
  ];
  const kept = [
    join(temp, `bpfrig-${DEAD}-new`),
    join(temp, 'bpfrig-notes'),
    join(templates, '0123456789abcdef'),
    join(templates, '.feed.0011aabb.tmp'),
    join(templates, `.${DEAD}-00112233.tmp`),
  ];
  for (const path of [...gone, ...kept]) mkdirSync(path, { recursive: true });
  for (const path of [gone[1], gone[3], gone[4]]) age(path ?? '');
  writeFileSync(join(templates, '.cafe.lock'), '');
  await using workspace = await makeWorkspace(temp);
  await withLock(join(templates, 'feed'), async () => {
    const removed = await removeLeftovers(join(dir, 'cache'), temp);
    t.same(removed.toSorted(), gone.toSorted());
  });
  for (const path of gone) t.notOk(existsSync(path), path);
  for (const path of [...kept, workspace.dir]) t.ok(existsSync(path), path);
  t.notOk(existsSync(join(templates, '.cafe.lock')), 'nor is the lock of a dead process left');
});

t.test('a symbolic link is not followed', async t => {
  const dir = t.testdir({ tmp: {}, precious: { file: 'x' } });
  symlinkSync(join(dir, 'precious'), join(dir, 'tmp', `bpfrig-${DEAD}-x`));
  t.same(await removeLeftovers(join(dir, 'cache'), join(dir, 'tmp')), []);
  t.ok(existsSync(join(dir, 'precious/file')));
});

t.test(
  "another user's folder is left alone and hinders nobody",
  { skip: isRoot ? false : 'needs root' },
  async t => {
    const dir = t.testdir({ tmp: {} });
    const foreign = join(dir, 'tmp', `bpfrig-${DEAD}-x`);
    await abandoned(t, foreign);
    lchownSync(foreign, 65534, 65534);
    t.same(await removeLeftovers(join(dir, 'cache'), join(dir, 'tmp')), []);
    t.ok(existsSync(foreign));
  },
);

t.test('a bpfrig in another PID namespace keeps its folders, and leaves ours', async t => {
  const temp = tempFolder(t);
  const inside = (script: string): string[] => [
    ...(isRoot ? [] : ['--user', '--map-root-user']),
    '--pid',
    '--fork',
    '--kill-child',
    process.execPath,
    '--input-type=module',
    '-e',
    script,
  ];
  const probe = spawnSync('unshare', inside(''));
  if (probe.status !== 0) return t.comment('skipped: this host has no PID namespaces for this user');
  const other = spawn(
    'unshare',
    inside(`import { makeWorkspace } from ${module('workspace')};
      const { dir } = await makeWorkspace(${JSON.stringify(temp)}); console.log(dir); setInterval(() => undefined, 1000);`),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.teardown(() => void other.kill('SIGKILL'));
  const [printed] = (await once(other.stdout, 'data')) as [Buffer];
  const theirs = printed.toString().trim();
  await using ours = await makeWorkspace(temp);
  t.same(await removeLeftovers(join(temp, 'cache'), temp), []);
  const script = `import { removeLeftovers } from ${module('leftovers')};
    console.log(JSON.stringify(await removeLeftovers(${JSON.stringify(join(temp, 'cache'))}, ${JSON.stringify(temp)})));`;
  const seen = spawnSync('unshare', inside(script), { encoding: 'utf8' });
  t.equal(seen.stdout.trim(), '[]', seen.stderr);
  for (const dir of [theirs, ours.dir]) t.ok(existsSync(dir));
  other.kill('SIGKILL');
  await once(other, 'close');
  while ((await claimOf(theirs)) === 'held') await new Promise(resolve => setTimeout(resolve, 50));
  t.same(await removeLeftovers(join(temp, 'cache'), temp), [theirs], 'once it has ended');
});

t.test('a workspace is closed to others, and its name says whose it is', async t => {
  const temp = join(t.testdir({ tmp: {} }), 'tmp');
  const workspace = await makeWorkspace('/tmp');
  t.ok(workspace.dir.startsWith(`/tmp/bpfrig-${OWNER}-`));
  await workspace[Symbol.asyncDispose]();
  t.notOk(existsSync(workspace.dir));
  await t.rejects(makeWorkspace(join(temp, 'nowhere')), { code: 'infra', message: /set TMPDIR/ });
  await t.rejects(makeWorkspace(`/tmp/${'x'.repeat(90)}`), {
    code: 'infra',
    message: /too long for sockets/,
  });
});
