import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import t from 'tap';
import { onHostNote } from '../../util/host-notes.ts';
import { loadCatalogue } from '../catalogue.ts';
import { kernelLabels, parseKernelSpec } from '../spec.ts';
import { packageDeb, rpm } from './packages.fixture.ts';
import { isPackages, resolvePackages } from './resolve.ts';

const catalogue = loadCatalogue();
const dir = t.testdir({ debs: {}, rpms: {}, versions: {}, empty: {}, half: {} });

async function put(folder: string, name: string, files: readonly string[], options = {}): Promise<void> {
  const content = Object.fromEntries(files.map(file => [file, 'x']));
  writeFileSync(join(dir, folder, `${name}.deb`), await packageDeb(name, content, options));
}

// What distributions put where; nothing is unpacked here.
await put('debs', 'linux-image-6.9.1-a', [
  'boot/vmlinuz-6.9.1-a',
  'usr/lib/modules/6.9.1-a/kernel/veth.ko.xz',
]);
await put('debs', 'linux-image-6.12.1-b', ['boot/vmlinuz-6.12.1-b']);
await put('debs', 'linux-modules-6.12.1-b', ['boot/config-6.12.1-b', 'lib/modules/6.12.1-b/kernel/veth.ko']);
await put('debs', 'linux-headers-6.12.1-b', ['usr/src/linux-headers-6.12.1-b/Makefile']);
await put('debs', 'linux-image-6.12.1-b-dbg', ['usr/lib/debug/boot/vmlinux-6.12.1-b']);
await put('versions', 'image-one', ['boot/vmlinuz-6.1-x'], { version: '1' });
await put('versions', 'image-two', ['boot/vmlinuz-6.1-x'], { version: '2' });
await put('versions', 'modules-two', ['lib/modules/6.1-x/kernel/veth.ko'], { version: '2' });
await put('half', 'modules', ['lib/modules/6.1-x/kernel/veth.ko']);
for (const [name, files] of [
  ['kernel-core', ['./lib/modules/6.11.4-301.fc41.x86_64/vmlinuz']],
  ['kernel-modules', ['./lib/modules/6.11.4-301.fc41.x86_64/kernel/veth.ko.xz']],
] as const)
  writeFileSync(
    join(dir, 'rpms', `${name}.rpm`),
    rpm(
      files.map(file => ({ name: file })),
      { name },
    ),
  );
writeFileSync(join(dir, 'debs', 'README'), 'x');
mkdirSync(join(dir, 'debs', 'folder.deb'));
writeFileSync(join(dir, 'with,comma.deb'), await packageDeb('x', { 'boot/vmlinuz-6.2': 'x' }));

/** The columns of specs: their labels, and the files of each. */
async function columns(...texts: readonly string[]): Promise<Record<string, string[]>> {
  const specs = await resolvePackages(texts.map(text => parseKernelSpec(text, catalogue, dir)));
  const labels = kernelLabels(specs);
  return Object.fromEntries(
    specs.map((spec, index) => [
      labels[index] ?? '',
      isPackages(spec) ? spec.files.map(file => basename(file)) : [spec.text],
    ]),
  );
}

const MATRIX = {
  'deb:6.9.1-a': ['linux-image-6.9.1-a.deb'],
  'deb:6.12.1-b': ['linux-image-6.12.1-b.deb', 'linux-modules-6.12.1-b.deb'],
};

t.test('a folder and a pattern are a matrix, by the releases of the files', async t => {
  const notes: string[] = [];
  using listener = onHostNote(line => notes.push(line));
  t.strictSame(await columns('deb:debs/*.deb'), MATRIX);
  t.strictSame(await columns('deb:*/linux-[im]*-6.*[!g].deb'), MATRIX);
  t.strictSame(await columns('deb:debs/linux-image-6.9.?-a.deb'), { 'deb:6.9.1-a': MATRIX['deb:6.9.1-a'] });
  t.strictSame(notes, [
    'deb:debs/*.deb: linux-headers-6.12.1-b.deb, linux-image-6.12.1-b-dbg.deb have no part of a kernel and are left out',
  ]);
  t.strictSame(await columns('rpm:rpms'), {
    'rpm:6.11.4-301.fc41.x86_64': ['kernel-core.rpm', 'kernel-modules.rpm'],
  });
  t.ok(listener);
});

t.test('files joined by commas are one kernel', async t => {
  const { 'deb:6.12.1-b': files } = MATRIX;
  const text = `deb:${files.map(file => `debs/${file}`).join(',')}`;
  t.strictSame(await columns(text, '6.12', text), { 'deb:6.12.1-b': files, '6.12': ['6.12'] });
  t.strictSame(await columns('deb:with,comma.deb'), { 'deb:6.2': ['with,comma.deb'] });
});

t.test('one release in two builds: a column each, with what goes with it', async t => {
  t.strictSame(await columns('deb:versions'), {
    'deb:image-one.deb': ['image-one.deb'],
    'deb:image-two.deb': ['image-two.deb', 'modules-two.deb'],
  });
});

t.test('the text of a column names its files alone', async t => {
  const specs = await resolvePackages([parseKernelSpec('deb:debs/*[ab].deb', catalogue, dir)]);
  const of = (name: string): string => relative('.', join(dir, 'debs', name));
  t.strictSame(
    specs.map(({ text }) => text),
    [
      `deb:${of('linux-image-6.9.1-a.deb')}`,
      `deb:${of('linux-image-6.12.1-b.deb')},${of('linux-modules-6.12.1-b.deb')}`,
    ],
  );
  const again = specs.map(({ text }) => parseKernelSpec(text, catalogue));
  t.strictSame(await resolvePackages(again), specs);
});

t.test('what is no matrix and no kernel is refused', async t => {
  const rows: [string, RegExp][] = [
    ['deb:none/*.deb', /no file matches .*none\/\*\.deb/],
    ['deb:debs/[z-a].deb', /no file matches/],
    ['deb:empty', /empty has no file \*\.deb$/],
    ['deb:rpms', /rpms has no file \*\.deb; it has files \*\.rpm: name it rpm:.*rpms/],
    ['deb:none.deb', /no such file or folder: .*none\.deb/],
    ['deb:debs,versions/image-one.deb', /debs is a folder, and files joined by commas are one kernel/],
    ['deb:debs/*.deb,with', /\*\.deb is a pattern, and files joined by commas are one kernel/],
    ['deb:half', /modules\.deb has no image of 6\.1-x, only other parts: add the package with it/],
    [
      'deb:debs/linux-image-6.9.1-a.deb,debs/linux-image-6.12.1-b.deb',
      /are of one release, and linux-image-6\.9\.1-a\.deb has 6\.9\.1-a, .*repeat --kernel/,
    ],
    [
      'deb:versions/image-one.deb,versions/image-two.deb',
      /image-one\.deb, image-two\.deb all have an image of 6\.1-x: name one of them/,
    ],
    ['deb:debs/README', /README is not a Debian package/],
  ];
  for (const [text, message] of rows) await t.rejects(columns(text), { code: 'usage', message }, text);
});
