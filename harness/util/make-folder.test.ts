import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeFolder } from './make-folder.ts';

t.test('folders are made with those above them, or exist', async t => {
  const dir = t.testdir({ file: '' });
  const path = join(dir, 'a', 'b', 'c');
  makeFolder(path);
  makeFolder(path);
  t.ok(existsSync(path));
  symlinkSync(path, join(dir, 'link'));
  makeFolder(join(dir, 'link', 'd'));
  t.ok(existsSync(join(path, 'd')));
});

t.test('what cannot be made is an error at once', async t => {
  const dir = t.testdir({ file: '' });
  symlinkSync('nowhere', join(dir, 'dangling'));
  t.throws(() => makeFolder(join(dir, 'file')), { code: 'EEXIST' });
  t.throws(() => makeFolder(join(dir, 'file', 'a')), { code: 'ENOTDIR' });
  t.throws(() => makeFolder(join(dir, 'dangling')));
  t.throws(() => makeFolder('/proc/run/cells'), { code: 'ENOENT' });
});
