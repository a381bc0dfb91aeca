import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { cacheRoot } from '../util/paths.ts';
import { MANIFEST } from '../util/manifest.ts';
import { startRun, TESTDATA } from './bpfrig.fixture.ts';

// Guests have time limits of their own.
t.setTimeout(0);

/** A cache of the test's own with the kernel of a small cell, and one run that fills the rest. */
const home = t.testdir();
const cache = join(home, 'bpfrig');
const env = { XDG_CACHE_HOME: home };
const CELL = [join(TESTDATA, 'objects', 'libc.yaml'), '--kernel', '7.3', '--jobs', '1'];

let runs = 0;
async function run(): Promise<{ code: number; verdicts: string[]; notes: string[] }> {
  runs += 1;
  const finished = await startRun(CELL, join(home, `run${runs}`), undefined, env).done;
  return {
    code: finished.exitCode,
    verdicts: finished.results.map(({ verdict }) => verdict),
    notes: finished.events.flatMap(event => (event.type === 'note' ? [event.text] : [])),
  };
}

/** The newest entry of a part of the cache whose name begins so. */
function entry(part: string, prefix = ''): string {
  const names = readdirSync(join(cache, part)).filter(
    name => !name.startsWith('.') && name.startsWith(prefix),
  );
  const newest = names.toSorted(
    (a, b) => statSync(join(cache, part, b)).mtimeMs - statSync(join(cache, part, a)).mtimeMs,
  )[0];
  if (newest === undefined) throw new Error(`no ${part}/${prefix}* in ${cache}`);
  return join(cache, part, newest);
}

/** Flips one bit and restores the times: what a bad disk does. */
function flip(path: string, at: number): void {
  const { atime, mtime } = statSync(path);
  const fd = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, at);
  byte.writeUInt8(byte.readUInt8() ^ 0x10);
  writeSync(fd, byte, 0, 1, at);
  closeSync(fd);
  utimesSync(path, atime, mtime);
}

const half = (path: string): void => truncateSync(path, Math.floor(statSync(path).size / 2));

t.test('whatever is damaged in the cache is made anew, with one line, and the verdict is right', async t => {
  mkdirSync(join(cache, 'kernels'), { recursive: true });
  const shared = join(cacheRoot(), 'kernels');
  const kernels = existsSync(shared) ? readdirSync(shared) : [];
  const kernel = kernels.find(key => {
    const record = join(shared, key, 'kernel.json');
    return (
      existsSync(record) && (JSON.parse(readFileSync(record, 'utf8')) as { series: string }).series === '7.3'
    );
  });
  if (kernel !== undefined) {
    const copy = ['-a', '--reflink=auto', '--sparse=always', join(shared, kernel), join(cache, 'kernels')];
    await execa('cp', copy);
  }
  const first = await run();
  t.match(first, { code: 0, verdicts: ['pass'] }, 'the cache is filled');
  t.match(await run(), { code: 0, verdicts: ['pass'], notes: [] }, 'and is used without a line');

  const template = (): string => entry('templates');
  const rows: [string, () => void, RegExp | null][] = [
    [
      'a bit of RAM',
      () => flip(join(template(), 'ram'), firstData(join(template(), 'ram'))),
      /templates.*ram differs/,
    ],
    ['a bit of a hole of RAM', () => flip(join(template(), 'ram'), 500 * 1024 * 1024), /ram differs/],
    ['RAM truncated', () => half(join(template(), 'ram')), /ram has \d+ bytes/],
    ['RAM gone', () => rmSync(join(template(), 'ram')), /ram is gone/],
    ['device state', () => half(join(template(), 'state')), /state has \d+ bytes/],
    ['template.json', () => half(join(template(), 'template.json')), /template\.json has/],
    ['the manifest gone', () => rmSync(join(template(), MANIFEST)), /manifest\.json is gone/],
    ['the manifest no JSON', () => half(join(template(), MANIFEST)), /manifest\.json is not JSON/],
    [
      'the initramfs',
      () => flip(join(entry('initramfs'), 'initramfs'), 100_000),
      /initramfs.*initramfs differs/,
    ],
    ['the agent', () => half(join(entry('build', 'agent-'), 'bpfrig-agent')), /agent-.*bpfrig-agent has/],
    [
      'an object',
      () => rmSync(join(entry('build', 'object-'), 'object.bpf.o')),
      /object-.*object\.bpf\.o is gone/,
    ],
    ['the kernel', () => flip(join(entry('kernels'), 'vmlinux'), 9_000_000), /kernels.*vmlinux differs/],
    ['the durations', () => writeFileSync(join(cache, 'durations.json'), '{"crc":'), null],
  ];
  for (const [name, harm, words] of rows) {
    harm();
    const { code, verdicts, notes } = await run();
    t.equal(code, 0, name);
    t.same(verdicts, ['pass'], name);
    // Read before there is a run: its line is on stderr.
    if (words === null) continue;
    t.equal(notes.length, 1, `${name}: ${notes.join('; ')}`);
    t.match(notes[0] ?? '', words, name);
  }
  t.same(
    ['.', 'kernels', 'templates', 'initramfs', 'build'].filter(
      part => (statSync(join(cache, part)).mode & 0o77) !== 0,
    ),
    [],
    'closed to other users',
  );
});

/** Offset of the first byte that is not zero. */
function firstData(path: string): number {
  return readFileSync(path).findIndex(byte => byte !== 0);
}
