import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fetchPathKernel } from './path.ts';
import { tinyBzImage, tinyElf } from './testing.ts';

const RELEASE = '5.10.0-46-amd64';
const bzImage = tinyBzImage(tinyElf(), ['gzip']);
// A function, because tap refuses a fixture that contains the same object twice.
const modules = () => ({
  [RELEASE]: { kernel: {}, 'modules.dep': '' },
  '4.0.0-other': { kernel: {}, 'modules.dep': '' },
});

t.test('a kernel is found in the usual places', async t => {
  const root = t.testdir({
    cache: {},
    installed: { boot: { [`vmlinuz-${RELEASE}`]: bzImage }, lib: { modules: modules() } },
    flat: { vmlinuz: bzImage, lib: { modules: modules() } },
    built: { arch: { x86: { boot: { bzImage } } }, vmlinux: tinyElf() },
    usr: { usr: { lib: { modules: { [RELEASE]: { vmlinuz: bzImage, kernel: {}, 'modules.dep': '' } } } } },
  });
  const fetch = (path: string) =>
    fetchPathKernel({ path: join(root, path), id: 'x', spec: `path:${path}`, cacheDir: join(root, 'cache') });
  const rows: [string, string | null][] = [
    ['installed', `installed/lib/modules/${RELEASE}`],
    [`installed/boot/vmlinuz-${RELEASE}`, `installed/lib/modules/${RELEASE}`],
    ['flat', `flat/lib/modules/${RELEASE}`],
    ['flat/vmlinuz', `flat/lib/modules/${RELEASE}`],
    ['built', null],
    ['usr', `usr/usr/lib/modules/${RELEASE}`],
    [`usr/usr/lib/modules/${RELEASE}/vmlinuz`, `usr/usr/lib/modules/${RELEASE}`],
  ];
  for (const [path, modulesDir] of rows) {
    const kernel = await fetch(path);
    t.match(kernel, { id: 'x', series: '5.10', version: '5.10.262', release: RELEASE, packages: [] }, path);
    t.equal(kernel.modulesDir, modulesDir === null ? null : join(root, modulesDir), `modules of ${path}`);
    t.ok(readFileSync(kernel.image).equals(tinyElf()), `uncompressed image of ${path}`);
  }
  const elf = await fetch('built/vmlinux');
  t.equal(elf.image, join(root, 'built/vmlinux'), 'an ELF is used in place, without a copy');
  t.not(elf.key, (await fetch('flat')).key, 'different content has a different key');
  t.equal((await fetch('flat')).key, (await fetch('installed')).key, 'the same content has the same key');
});

function changed(change: (file: Buffer) => void, file = tinyElf()): Buffer {
  change(file);
  return file;
}

t.test('a path without a kernel is refused', async t => {
  const root = t.testdir({
    empty: {},
    text: 'hello',
    elf: '\x7fELF, and no kernel',
    other: { vmlinux: changed(elf => elf.fill(0, elf.indexOf('Linux version'))) },
    mips: { vmlinux: changed(elf => elf.writeUInt16LE(8, 18)) },
    arm: { vmlinux: changed(elf => elf.writeUInt16LE(183, 18)) },
    half: { vmlinux: tinyElf().subarray(0, -5) },
    i686: { vmlinuz: changed(image => image.writeUInt16LE(0, 0x236), tinyBzImage(tinyElf(), ['gzip'])) },
    bare: { vmlinuz: bzImage, lib: { modules: { [RELEASE]: { kernel: {} } } } },
  });
  const rows: [string, RegExp][] = [
    ['nowhere', /no such file/],
    ['empty', /no kernel in .*looked for/],
    ['text', /neither a bzImage, an Image nor an ELF/],
    ['elf', /ends within its header/],
    ['other', /no "Linux version"/],
    ['arm', /has no header of an arm64 Image/],
    ['mips', /e_machine 8/],
    ['half', /is truncated/],
    ['i686', /32-bit x86/],
    ['bare', /no modules\.dep: run depmod/],
  ];
  for (const [path, message] of rows) {
    const request = { path: join(root, path), id: 'x', spec: `path:${path}`, cacheDir: join(root, 'cache') };
    await t.rejects(fetchPathKernel(request), { code: 'usage', message }, path);
  }
});
