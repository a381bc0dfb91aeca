import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { FolderArtifacts } from './artifacts.ts';

t.test('pieces are appended, and a name that is taken gets a number', async t => {
  const dir = t.testdir({ 'exec-3.log': 'of the run before' });
  const lost: unknown[] = [];
  const artifacts = new FolderArtifacts(dir, '', error => lost.push(error));
  artifacts.append('exec-3.log', Buffer.from('one\n'));
  artifacts.append('exec-3.log', Buffer.from('two\n'));
  artifacts.write('files/out.json', Buffer.from('1'));
  artifacts.write('files/out.json', Buffer.from('2'));
  t.equal(readFileSync(join(dir, 'exec-3.log'), 'utf8'), 'one\ntwo\n');
  t.same(readdirSync(join(dir, 'files')), ['out-2.json', 'out.json']);
  t.equal(readFileSync(join(dir, 'files/out-2.json'), 'utf8'), '2');
  t.same(lost, []);
});

t.test('the files of a later try stand next to those of the first', async t => {
  const dir = t.testdir({ 'exec-3.log': 'first' });
  new FolderArtifacts(dir, '.2', error => t.fail(String(error))).append('exec-3.log', Buffer.from('second'));
  t.equal(readFileSync(join(dir, 'exec-3.log'), 'utf8'), 'first');
  t.equal(readFileSync(join(dir, 'exec-3.2.log'), 'utf8'), 'second');
});

t.test('what cannot be kept is reported and not thrown', async t => {
  const dir = t.testdir({ files: 'no folder' });
  const lost: unknown[] = [];
  const artifacts = new FolderArtifacts(dir, '', error => lost.push(error));
  artifacts.write('files/out.json', Buffer.from('1'));
  artifacts.write('large', Buffer.alloc(257 * 1024 * 1024));
  t.equal(lost.length, 2);
  t.match(lost[1], /left more than 256 MiB/);
});
