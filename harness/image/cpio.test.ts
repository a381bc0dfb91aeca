import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { cpio } from './cpio.ts';

t.test('busybox unpacks files, links, and parent folders without an entry', async t => {
  const dir = t.testdir();
  const archive = cpio([
    { path: '/a/b/file', kind: 'file', mode: 0o755, data: Buffer.from('content') },
    { path: '/link', kind: 'link', mode: 0o777, data: Buffer.from('a/b/file') },
    { path: '/secret', kind: 'dir', mode: 0o700 },
  ]);
  writeFileSync(join(dir, 'x.cpio'), archive);
  execFileSync('busybox', ['cpio', '-id', '-F', 'x.cpio'], { cwd: dir, stdio: 'ignore' });
  t.equal(readFileSync(join(dir, 'link'), 'utf8'), 'content');
  t.equal(statSync(join(dir, 'a/b/file')).mode & 0o777, 0o755);
  t.equal(statSync(join(dir, 'secret')).mode & 0o777, 0o700);
});

t.test('the same entries result in the same bytes', async t => {
  const entries = [{ path: '/x', kind: 'file', mode: 0o644, data: Buffer.from('y') }] as const;
  t.same(cpio(entries), cpio(entries));
  t.equal(cpio(entries).length % 512, 0);
});
