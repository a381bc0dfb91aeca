import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { cachedFolder, discardIdleEntry, ensureIntact, isIntact } from './cache.ts';
import { onHostNote } from './host-notes.ts';
import { MANIFEST, writeManifest } from './manifest.ts';

const notes: string[] = [];
const listening = onHostNote(note => notes.push(note));
t.teardown(() => listening[Symbol.dispose]());
t.beforeEach(() => void notes.splice(0));

/** Counts how often an entry is made. */
function recipe(): { fill: (dir: string) => Promise<void>; made: () => number } {
  let made = 0;
  const fill = async (dir: string): Promise<void> => {
    made += 1;
    await writeFile(join(dir, 'a'), 'right a');
    await writeFile(join(dir, 'b'), 'right b');
  };
  return { fill, made: () => made };
}

t.test('an entry is made once, closed to others, and nothing else is left', async t => {
  const path = join(t.testdir(), 'kind', 'entry');
  const { fill, made } = recipe();
  await Promise.all([cachedFolder(path, fill), cachedFolder(path, fill), cachedFolder(path, fill)]);
  await cachedFolder(path, fill);
  t.equal(made(), 1);
  t.same(readdirSync(join(path, '..')), ['entry']);
  t.equal(statSync(path).mode & 0o777, 0o700);
  t.equal(statSync(join(path, 'a')).mode & 0o777, 0o600);
  t.same(notes, []);
});

/** Ways to harm an entry, and the words of the line about it. */
const HARMS: readonly (readonly [string, (path: string) => void, RegExp])[] = [
  ['flipped', path => writeFileSync(join(path, 'a'), 'wrong a'), /\(a differs within/],
  ['truncated', path => truncateSync(join(path, 'b'), 0), /\(b has 0 bytes instead of 7\)/],
  ['gone', path => rmSync(join(path, 'a')), /\(a is gone\)/],
  ['without a manifest', path => rmSync(join(path, MANIFEST)), /\(manifest\.json is gone\)/],
  ['with half a manifest', path => truncateSync(join(path, MANIFEST), 20), /\(manifest\.json is not JSON\)/],
];

t.test('a damaged entry of another process is reported in one line and made anew', async t => {
  for (const [name, harm, words] of HARMS) {
    const { fill, made } = recipe();
    const path = join(t.testdir(), 'entry');
    mkdirSync(path);
    await fill(path);
    await writeManifest(path, 'entry');
    harm(path);
    notes.splice(0);
    await cachedFolder(path, fill);
    t.equal(made(), 2, name);
    t.equal(readFileSync(join(path, 'a'), 'utf8'), 'right a', name);
    t.equal(notes.length, 1, name);
    t.match(notes[0], words);
    t.match(notes[0], /entry in the cache is damaged .* and is made anew$/);
    t.ok(await isIntact(path, ['a', 'b']));
  }
});

t.test('an entry that is damaged after it was taken is made anew by ensureIntact', async t => {
  for (const [name, harm] of HARMS.slice(0, 3)) {
    const path = join(t.testdir(), 'entry');
    const { fill, made } = recipe();
    await cachedFolder(path, fill);
    await ensureIntact([join(path, 'a'), join(path, 'b'), '/elsewhere/a']);
    t.equal(made(), 1, name);
    harm(path);
    await Promise.all([ensureIntact([join(path, 'a')]), ensureIntact([join(path, 'b')])]);
    t.equal(made(), 2, name);
    t.equal(readFileSync(join(path, 'b'), 'utf8'), 'right b');
  }
});

t.test('files that are not verified when an entry is taken are when they are used', async t => {
  const path = join(t.testdir(), 'entry');
  const { fill, made } = recipe();
  const options = { verified: (name: string) => name === 'a' };
  await cachedFolder(path, fill, options);
  writeFileSync(join(path, 'b'), 'wrong b');
  await cachedFolder(path, fill, options);
  t.equal(made(), 1);
  await ensureIntact([join(path, 'b')]);
  t.equal(made(), 2);
  t.match(notes, [/b differs/]);
});

t.test('what cannot be made leaves the cache as it was', async t => {
  const dir = t.testdir();
  const path = join(dir, 'entry');
  await t.rejects(
    cachedFolder(path, () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
  t.same(readdirSync(dir), []);
  const { fill } = recipe();
  await cachedFolder(path, fill);
  writeFileSync(join(path, 'a'), 'wrong a');
  await t.rejects(
    cachedFolder(path, () => Promise.reject(new Error('offline'))),
    { message: 'offline' },
  );
  t.equal(readFileSync(join(path, 'a'), 'utf8'), 'wrong a', 'kept, since it may be needed for a look');
  t.notOk(await isIntact(path, ['a']));
  t.same(readdirSync(dir), ['entry']);
});

t.test('a full disk, and a cache that cannot be written, are infra errors with a remedy', async t => {
  const dir = t.testdir({ file: '' });
  // A write to this device fails as one to a full disk does.
  await t.rejects(
    cachedFolder(join(dir, 'entry'), () => writeFile('/dev/full', 'x')),
    { code: 'infra', message: /\(ENOSPC\): the disk is full: make room, .*kernels prune/ },
  );
  await t.rejects(
    cachedFolder(join(dir, 'file', 'entry'), () => Promise.resolve()),
    { code: 'infra', message: /a file is where a folder should be: .*XDG_CACHE_HOME/ },
  );
  t.same(readdirSync(dir), ['file']);
});

t.test('an entry can be discarded', async t => {
  const path = join(t.testdir(), 'entry');
  const { fill, made } = recipe();
  await cachedFolder(path, fill);
  t.ok(await discardIdleEntry(path));
  t.notOk(existsSync(path));
  await cachedFolder(path, fill);
  t.equal(made(), 2);
  t.same(notes, [], 'an entry that is not there is not damaged');
});
