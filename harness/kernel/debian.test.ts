import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Kernel } from '../model/kernel.ts';
import { onHostNote } from '../util/host-notes.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { parseCatalogue } from './catalogue.ts';
import { kernelsKey } from './kernels-key.ts';
import { listKernels } from './list.ts';
import { loadLock } from './lock-file.ts';
import { lockKernels } from './lock.ts';
import { fetchKernel } from './provider.ts';
import { parseKernelSpec } from './spec.ts';
import { tinyBzImage, tinyElf } from './testing.ts';

// Only apt-get is replaced, by a fixture. The .deb files, dpkg-deb, apt-helper, depmod and compression tools are real.
const catalogue = parseCatalogue(
  `series: { '5.10': { default: true, suites: [first, second], flavours: [amd64] } }
suites: { first: { archive: debian }, second: { archive: debian } }`,
  'test',
);
process.env['PATH'] = `${join(PACKAGE_ROOT, 'harness', 'kernel', 'testdata')}:${process.env['PATH']}`;
const work = t.testdir({});
const mirror = join(work, 'mirror');
const cacheDir = join(work, 'cache');
process.env['FAKE_MIRROR'] = mirror;
// Makes builds reproducible: a package that is built twice is the same file.
process.env['SOURCE_DATE_EPOCH'] = '0';

interface Listed {
  readonly abi: string;
  readonly version: string;
  /** Listed in Packages but not in the pool. */
  readonly gone?: boolean;
  readonly modules?: readonly string[];
}

/** Creates or replaces a suite of the mirror, from real .deb files. */
function publish(suite: string, kernels: readonly Listed[]): void {
  const folder = join(mirror, suite);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'pool'), { recursive: true });
  const stanzas = kernels.map(kernel => {
    const name = `linux-image-${kernel.abi}-amd64`;
    const deb = join(folder, 'pool', `${name}_${kernel.version}_amd64.deb`);
    buildDeb(name, kernel, deb);
    const sha256 = createHash('sha256').update(readFileSync(deb)).digest('hex');
    if (kernel.gone) rmSync(deb);
    return `Package: ${name}\nVersion: ${kernel.version}\nDepends: kmod\nSize: 1\nSHA256: ${sha256}\n`;
  });
  writeFileSync(join(folder, 'Packages'), stanzas.join('\n'));
}

function buildDeb(name: string, kernel: Listed, deb: string): void {
  const root = join(work, 'deb');
  const release = `${kernel.abi}-amd64`;
  const banner = `${release} (me) #1 SMP Debian ${kernel.version} (2026)`;
  const modules = kernel.modules ?? ['virtio_net', 'veth', 'pktgen'];
  mkdirSync(join(root, 'DEBIAN'), { recursive: true });
  mkdirSync(join(root, 'boot'));
  mkdirSync(join(root, 'lib/modules', release, 'kernel'), { recursive: true });
  const control = `Package: ${name}\nVersion: ${kernel.version}\nArchitecture: amd64\nMaintainer: me <me@example>\nDescription: test\n`;
  writeFileSync(join(root, 'DEBIAN/control'), control);
  writeFileSync(join(root, 'boot', `vmlinuz-${release}`), tinyBzImage(tinyElf(banner), ['gzip'], banner));
  writeFileSync(join(root, 'boot', `config-${release}`), 'CONFIG_X=y\n');
  writeFileSync(join(root, 'lib/modules', release, 'modules.order'), '');
  writeFileSync(
    join(root, 'lib/modules', release, 'modules.builtin'),
    modules.map(m => `kernel/${m}.ko\n`).join(''),
  );
  spawnSync('dpkg-deb', ['--root-owner-group', '-b', root, deb]);
  rmSync(root, { recursive: true });
}

const calls = (): string[] =>
  existsSync(join(mirror, 'calls')) ? readFileSync(join(mirror, 'calls'), 'utf8').trim().split('\n') : [];
const fetch = (text = '5.10', options = {}): Promise<Kernel> =>
  fetchKernel(parseKernelSpec(text, catalogue), {
    cacheDir,
    locked: false,
    catalogue,
    lock: { kernels: {} },
    ...options,
  });
const forget = (what: string): void => rmSync(join(cacheDir, what), { recursive: true, force: true });
const pinned = (kernel: Kernel, suite: string) => ({
  kernels: {
    '5.10-amd64': { suite, version: kernel.packages[0]?.version ?? '', packages: [...kernel.packages] },
  },
});

const NEWEST = { abi: '5.10.0-46', version: '5.10.262-1' };
const OLDER = { abi: '5.10.0-9', version: '5.10.70-1' };
const FALLBACK = { abi: '5.10.0-32', version: '5.10.223-1' };

t.beforeEach(() => {
  for (const what of ['apt', 'kernels']) forget(what);
  rmSync(mirror, { recursive: true, force: true });
  publish('first', [OLDER, NEWEST]);
  publish('second', [FALLBACK]);
});

t.test('the newest kernel is fetched completely, once', async t => {
  const [kernel, same] = await Promise.all([fetch(), fetch()]);
  t.match(kernel, {
    id: '5.10',
    series: '5.10',
    flavour: 'amd64',
    version: '5.10.262',
    release: '5.10.0-46-amd64',
    notes: [],
  });
  t.ok(readFileSync(kernel.image, 'latin1').startsWith('\x7fELF'));
  t.ok(existsSync(join(kernel.modulesDir ?? '', 'modules.dep')));
  t.strictSame(same, kernel);
  t.equal(calls().filter(call => call.includes('download')).length, 1, 'two concurrent calls download once');
  const before = calls().length;
  t.strictSame(await fetch(), kernel);
  t.equal(calls().length, before, 'the mirror is not asked again');
});

t.test('a kernel that is damaged in the cache is reported and fetched again', async t => {
  const kernel = await fetch();
  const lock = pinned(kernel, 'first');
  const notes: string[] = [];
  using _ = onHostNote(note => notes.push(note));
  for (const what of ['vmlinux', 'lib/modules/5.10.0-46-amd64/modules.builtin', 'kernel.json']) {
    const file = join(cacheDir, 'kernels', kernel.key, what);
    const before = readFileSync(file);
    truncateSync(file, before.length - 1);
    // What apt knows is lost too: it is asked again.
    forget('apt');
    t.strictSame(await fetch('5.10', { lock, locked: true }), kernel, what);
    t.ok(readFileSync(file).equals(before), what);
    t.match(notes.splice(0), [new RegExp(`is damaged \\(${what} .*\\) and is made anew`)]);
  }
  writeFileSync(join(cacheDir, 'apt/first/kernels.json'), '{');
  t.strictSame(await fetch(), kernel);
  t.match(notes, [/kernels\.json in the cache is damaged/]);
  publish('first', [OLDER]);
  forget('apt');
  rmSync(kernel.image);
  await t.rejects(fetch('5.10', { lock, locked: true }), {
    code: 'infra',
    message: /the pinned linux-image-5\.10\.0-46-amd64 5\.10\.262-1 is no longer on the mirror/,
  });
});

t.test('a kernel that the mirror has lost is skipped, and a note says so', async t => {
  publish('first', [{ ...NEWEST, gone: true }, OLDER]);
  const older = await fetch();
  t.equal(older.version, '5.10.70');
  t.match(older.notes, [
    /5\.10\.262-1 is listed in first, but the mirror returns 404; took linux-image-5\.10\.0-9-amd64/,
  ]);
  t.strictSame((await fetch()).notes, older.notes, 'also from the cache');
  t.match(await listKernels({ cacheDir, catalogue, lock: { kernels: {} } }), [
    {
      label: '5.10',
      isDefault: true,
      cached: true,
      pinned: null,
      available: { version: '5.10.70-1' },
      missing: [/404/],
    },
  ]);

  for (const what of ['apt', 'kernels']) forget(what);
  publish('first', [
    { ...NEWEST, gone: true },
    { ...OLDER, modules: ['veth'] },
  ]);
  const other = await fetch();
  t.equal(other.version, '5.10.223');
  t.match(other.notes, [
    /404 \(and 1 more that is unavailable\); took linux-image-5\.10\.0-32-amd64 5\.10\.223-1 of second/,
  ]);
});

t.test('one 404, or lists that apt has lost, are not the end of a kernel', async t => {
  publish('first', [NEWEST, OLDER]);
  for (const [file, words] of [
    ['moved', 'E: Failed to fetch http://mirror.example/pool/x.deb  404  Not Found'],
    ['unlisted', "E: Can't find a source to download version '5.10.262-1' of 'x'"],
  ] as const) {
    for (const what of ['apt', 'kernels']) forget(what);
    writeFileSync(join(mirror, file), words);
    const { version, notes } = await fetch();
    t.match({ version, notes }, { version: '5.10.262', notes: [] }, file);
    t.notOk(existsSync(join(mirror, file)), 'it was said');
  }
});

t.test('a missing suite is skipped; without any suite left it is an infra error', async t => {
  rmSync(join(mirror, 'first'), { recursive: true });
  t.equal((await fetch()).version, '5.10.223');
  await t.rejects(fetch('debian:first/5.10'), {
    code: 'infra',
    message: /no kernel for debian:first\/5\.10: first: apt could not update first: .*404/,
  });
  await t.rejects(fetch('debian:second/4.19'), {
    code: 'infra',
    message: /second has no 4\.19 kernel of flavour amd64/,
  });
});

t.test('an unreachable mirror is an error, not a reason for an older kernel', async t => {
  writeFileSync(join(mirror, 'down'), '');
  await t.rejects(fetch(), {
    code: 'infra',
    message: /could not download linux-image-5\.10\.0-46-amd64.*Could not resolve.*is this host online\?/,
  });
});

t.test('a file whose checksum differs from the index is refused', async t => {
  const deb = join(mirror, 'first/pool/linux-image-5.10.0-46-amd64_5.10.262-1_amd64.deb');
  writeFileSync(deb, Buffer.concat([readFileSync(deb), Buffer.from('x')]));
  await t.rejects(fetch(), { code: 'infra', message: /SHA-256 is .* the index of first lists/ });
  t.strictSame(readdirSync(join(cacheDir, 'kernels')), [], 'nothing is left in the cache');
});

t.test('a pin is used while it is available; afterwards it is replaced with a note, or refused', async t => {
  publish('first', [OLDER]);
  const lock = pinned(await fetch(), 'first');
  publish('first', [OLDER, NEWEST]);
  for (const what of ['apt', 'kernels']) forget(what);
  const held = await fetch('5.10', { lock, locked: true });
  t.strictSame([held.version, held.notes], ['5.10.70', []], 'downloaded again');

  forget('apt');
  const before = calls().length;
  t.strictSame(await fetch('5.10', { lock, locked: true }), held);
  t.equal(calls().length, before, 'pinned and cached: apt does not run');

  forget('apt');
  forget('kernels');
  publish('first', [NEWEST]);
  await t.rejects(fetch('5.10', { lock, locked: true }), {
    code: 'infra',
    message: /the pinned linux-image-5\.10\.0-9-amd64 5\.10\.70-1 is no longer in first/,
  });
  const newest = await fetch('5.10', { lock });
  t.equal(newest.version, '5.10.262');
  t.match(newest.notes, [/^the pinned linux-image-5\.10\.0-9-amd64 5\.10\.70-1 is no longer in first/]);
  await t.rejects(fetch('debian:second/5.10', { lock, locked: true }), {
    code: 'infra',
    message: /is not pinned/,
  });
});

t.test('lock pins the packages that it fetched, and a run takes exactly these', async t => {
  publish('first', [{ ...NEWEST, gone: true }, OLDER]);
  const file = join(work, 'lock.yaml');
  const outcome = await lockKernels({ cacheDir, catalogue, file });
  t.match(outcome, [{ label: '5.10', version: '5.10.70-1', before: null, notes: [/404/] }]);
  const lock = loadLock(file);
  t.equal((await fetch('5.10', { lock, locked: true })).version, '5.10.70');

  publish('first', []);
  publish('second', []);
  forget('apt');
  t.match(await lockKernels({ cacheDir, catalogue, file }), [{ version: null, before: '5.10.70-1' }]);
  t.strictSame(loadLock(file), { kernels: {} });
  writeFileSync(file, 'kernels: { 6.1-amd64: { suite: x } }');
  t.throws(() => loadLock(file), { code: 'usage', message: /is not a valid lock file/ });
});

t.test('the key of a cache changes when the packages do that a run would take', async t => {
  const spec = parseKernelSpec('5.10', catalogue);
  const keyOf = (lock = {}): Promise<string> => {
    forget('apt');
    return kernelsKey([spec], { cacheDir, catalogue, lock: { kernels: lock } });
  };
  const newest = await keyOf();
  t.equal(await keyOf(), newest, 'the same mirror, the same key');
  const { kernels: pin } = pinned(await fetch(), 'first');
  t.equal(await keyOf(pin), newest, 'whether in the cache or not, and pinned or not');
  publish('first', [OLDER]);
  const older = await keyOf();
  t.not(older, newest);
  t.equal(await keyOf(pin), older, 'a pin that has left the mirror is not taken');
  const own = parseKernelSpec('path:vmlinux', catalogue);
  const options = { cacheDir, catalogue, lock: { kernels: {} } };
  t.equal(await kernelsKey([spec, own], options), older, 'kernels of the user are in no cache');
});
