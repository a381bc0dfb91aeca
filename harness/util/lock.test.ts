import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { onHostNote } from './host-notes.ts';
import { ifUnlocked, lockFile, withLock } from './lock.ts';

/** A process of its own that holds the lock until it ends; it is ended with the test. */
async function holder(t: Test, path: string): Promise<ChildProcess> {
  const module = join(import.meta.dirname, 'lock.js');
  const script = `import { withLock } from ${JSON.stringify(module)};
    await withLock(${JSON.stringify(path)}, () => { console.log('held'); return new Promise(r => setTimeout(r, 60_000)); });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

t.test('one at a time, and nothing is left', async t => {
  const dir = t.testdir();
  const path = join(dir, 'entry');
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise(resolve => setTimeout(resolve, 30));
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 4 }, () => withLock(path, work)));
  t.equal(most, 1);
  t.same(readdirSync(dir), []);
  await t.rejects(
    withLock(path, () => Promise.reject(new Error('mine'))),
    { message: 'mine' },
  );
  t.same(readdirSync(dir), []);
});

t.test('a killed holder leaves a file that is no lock', async t => {
  const path = join(t.testdir(), 'entry');
  const child = await holder(t, path);
  t.equal(await ifUnlocked(path, async () => undefined), false, 'held');
  child.kill('SIGKILL');
  await once(child, 'close');
  t.ok(existsSync(lockFile(path)));
  const began = performance.now();
  t.equal(await withLock(path, async () => 'done'), 'done');
  t.ok(performance.now() - began < 5_000, 'at once');
  t.notOk(existsSync(lockFile(path)));
});

t.test(
  'a wait is reported with the file and its holder; a holder that is stopped is not waited for',
  async t => {
    const path = join(t.testdir(), 'entry');
    const child = await holder(t, path);
    child.kill('SIGSTOP');
    const notes: string[] = [];
    using _ = onHostNote(note => notes.push(note));
    const times = { noteMs: 0, stoppedMs: 1_500 };
    await t.rejects(
      withLock(path, async () => undefined, { times }),
      {
        code: 'infra',
        message: `${lockFile(path)} is held by process ${child.pid}, which is stopped: continue it (kill -CONT) or end it`,
      },
    );
    t.same(notes, [`waiting: ${lockFile(path)} is held by process ${child.pid}`]);
    child.kill('SIGCONT');
    await t.rejects(
      withLock(path, async () => undefined, { times: { longestMs: 500 } }),
      { code: 'infra', message: /is held by process \d+ since at least 0 minutes: end that process/ },
    );
  },
);

t.test('a wait ends with its signal', async t => {
  const path = join(t.testdir(), 'entry');
  await holder(t, path);
  const abort = new AbortController();
  const waiting = withLock(path, async () => undefined, { signal: abort.signal });
  setTimeout(() => abort.abort(new Error('enough')), 100);
  await t.rejects(waiting, { message: 'enough' });
});

t.test('a host clock that jumps, and a lock file that is old, change nothing', async t => {
  const path = join(t.testdir(), 'entry');
  await holder(t, path);
  execFileSync('touch', ['-d', '2 hours ago', lockFile(path)]);
  t.equal(await ifUnlocked(path, async () => undefined), false);
});

t.test('a lock that cannot be made is an infra error with a remedy', async t => {
  const dir = t.testdir({ file: 'x' });
  await t.rejects(
    withLock(join(dir, 'file', 'entry'), async () => undefined),
    { code: 'infra', message: /a file is where a folder should be.*XDG_CACHE_HOME/ },
  );
  writeFileSync(join(dir, '.entry.lock'), 'no signature');
  t.equal(await withLock(join(dir, 'entry'), async () => 1), 1, 'a file with other content is no hindrance');
});

t.test('a flock that does not end is given up, and accuses no holder', async t => {
  const bin = t.testdir({ flock: '#!/bin/sh\nexec sleep 60\n' });
  chmodSync(join(bin, 'flock'), 0o755);
  const before = process.env['PATH'];
  process.env['PATH'] = `${bin}:${before}`;
  t.teardown(() => (process.env['PATH'] = before));
  await t.rejects(
    withLock(join(bin, 'entry'), async () => undefined, { times: { flockMs: 300 } }),
    { code: 'infra', message: /^flock did not end within \d+ s$/ },
  );
});
