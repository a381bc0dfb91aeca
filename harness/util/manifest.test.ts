import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { damageOf, MANIFEST, readManifest, stampOf, writeManifest } from './manifest.ts';

const MiB = 1024 * 1024;

/** An entry with a small file, one of several ranges and a sparse one: 16 MiB with data at 3 and 9 MiB. */
async function entry(t: Test): Promise<string> {
  const dir = join(t.testdir(), 'entry');
  mkdirSync(join(dir, 'sub'), { recursive: true, mode: 0o755 });
  writeFileSync(join(dir, 'small'), 'content', { mode: 0o644 });
  writeFileSync(join(dir, 'sub', 'large'), Buffer.alloc(300_001, 'abcdefg'), { mode: 0o755 });
  const sparse = openSync(join(dir, 'sparse'), 'w', 0o644);
  ftruncateSync(sparse, 16 * MiB);
  for (const at of [3 * MiB, 9 * MiB]) writeSync(sparse, Buffer.alloc(70_000, 0x5a), 0, 70_000, at);
  // Allocated, and zero.
  writeSync(sparse, Buffer.alloc(MiB), 0, MiB, 12 * MiB);
  closeSync(sparse);
  await writeManifest(dir, 'entry');
  return dir;
}

async function damage(dir: string): Promise<string[]> {
  const manifest = await readManifest(dir, 'entry');
  if (typeof manifest === 'string') return [manifest];
  const found: string[] = [];
  for (const [name, record] of manifest) {
    const why = await damageOf(join(dir, name), record);
    if (why !== null) found.push(`${name} ${why}`);
  }
  return found;
}

/** Changes one bit, and nothing that stat shows. */
function flip(path: string, at: number): void {
  const { atime, mtime } = statSync(path);
  const fd = openSync(path, 'r+');
  const byte = Buffer.from([(readFileSync(path)[at] ?? 0) ^ 4]);
  writeSync(fd, byte, 0, 1, at);
  closeSync(fd);
  utimesSync(path, atime, mtime);
}

t.test('an entry that was not changed is not damaged, nor is a copy with other holes', async t => {
  const dir = await entry(t);
  t.same(await damage(dir), []);
  writeFileSync(join(dir, 'copy'), readFileSync(join(dir, 'sparse')));
  rmSync(join(dir, 'sparse'));
  renameSync(join(dir, 'copy'), join(dir, 'sparse'));
  t.same(await damage(dir), []);
});

t.test('files are closed to others, and the holes of a sparse file are holes', async t => {
  const dir = await entry(t);
  const modes = ['.', 'sub', 'small', 'sub/large', 'sparse', MANIFEST].map(name =>
    (statSync(join(dir, name)).mode & 0o777).toString(8),
  );
  t.same(modes, ['700', '700', '600', '700', '600', '600']);
  t.ok(statSync(join(dir, 'sparse')).blocks * 512 < 512 * 1024);
});

t.test('each kind of damage is found', async t => {
  const rows: [string, (dir: string) => void, RegExp][] = [
    ['first bit', dir => flip(join(dir, 'small'), 0), /^small differs within/],
    ['last bit', dir => flip(join(dir, 'sub/large'), 300_000), /^sub\/large differs .* offset 262144$/],
    ['middle', dir => flip(join(dir, 'sub/large'), 100_000), /^sub\/large differs .* offset 65536$/],
    ['in data', dir => flip(join(dir, 'sparse'), 9 * MiB + 69_999), /^sparse differs/],
    ['in a hole', dir => flip(join(dir, 'sparse'), 5 * MiB), /^sparse differs/],
    ['in zeros', dir => flip(join(dir, 'sparse'), 12 * MiB + 77), /^sparse differs/],
    ['at the end', dir => flip(join(dir, 'sparse'), 16 * MiB - 1), /^sparse differs/],
    ['truncated', dir => truncateSync(join(dir, 'small'), 3), /^small has 3 bytes instead of 7/],
    ['longer', dir => writeFileSync(join(dir, 'small'), '!', { flag: 'a' }), /^small has 8 bytes/],
    ['gone', dir => rmSync(join(dir, 'sub/large')), /^sub\/large is gone/],
    [
      'a link',
      dir => {
        renameSync(join(dir, 'small'), join(dir, 'elsewhere'));
        symlinkSync('elsewhere', join(dir, 'small'));
      },
      /^small is not a file/,
    ],
    ['no manifest', dir => rmSync(join(dir, MANIFEST)), /^manifest\.json is gone/],
    ['not JSON', dir => truncateSync(join(dir, MANIFEST), 40), /^manifest\.json is not JSON/],
    ['JSON, but another', dir => writeFileSync(join(dir, MANIFEST), 'null'), /^manifest\.json is not JSON/],
    [
      'a digit',
      dir => {
        const text = readFileSync(join(dir, MANIFEST), 'utf8');
        writeFileSync(join(dir, MANIFEST), text.replace('"size":7', '"size":8'));
      },
      /^manifest\.json is damaged/,
    ],
    [
      "another entry's",
      dir => {
        const text = readFileSync(join(dir, MANIFEST), 'utf8');
        writeFileSync(join(dir, MANIFEST), text.replace('"name":"entry"', '"name":"other"'));
      },
      /^manifest\.json is that of other/,
    ],
  ];
  for (const [name, harm, expected] of rows) {
    const dir = await entry(t);
    harm(dir);
    const found = await damage(dir);
    t.equal(found.length, 1, name);
    t.match(found[0] ?? '', expected, name);
  }
});

t.test('a write shows in the stamp, even one that restores the time', async t => {
  const dir = await entry(t);
  const before = await stampOf(join(dir, 'small'));
  t.equal(await stampOf(join(dir, 'small')), before);
  flip(join(dir, 'small'), 1);
  t.not(await stampOf(join(dir, 'small')), before);
  t.equal(await stampOf(join(dir, 'nothing')), null);
});
