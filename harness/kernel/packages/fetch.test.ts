import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Kernel } from '../../model/kernel.ts';
import { loadCatalogue } from '../catalogue.ts';
import { kernelConfig } from '../config.ts';
import { fetchKernel } from '../provider.ts';
import { parseKernelSpec } from '../spec.ts';
import { tinyBzImage, tinyElf } from '../testing.ts';
import { packageDeb, rpm, tinyModule } from './packages.fixture.ts';

type Files = Readonly<Record<string, string | Buffer>>;

const catalogue = loadCatalogue();
const NEEDED = ['virtio_net', 'veth', 'pktgen'] as const;

/** An image of this release. */
function image(release: string, change: (elf: Buffer) => void = () => undefined): Buffer {
  const banner = `${release} (me@example) #1 SMP`;
  const elf = tinyElf(banner);
  change(elf);
  return tinyBzImage(elf, ['gzip'], banner);
}

/** Modules of this release, below `lib` or `usr/lib`. */
function modules(
  release: string,
  names: readonly string[],
  lib = 'lib',
  pack = (file: Buffer) => file,
): Files {
  const suffix = pack === gz ? '.gz' : pack === xz ? '.xz' : pack === zst ? '.zst' : '';
  return Object.fromEntries(
    names.map(name => [`${lib}/modules/${release}/kernel/net/${name}.ko${suffix}`, pack(tinyModule(name))]),
  );
}

const packer =
  (program: string, ...args: readonly string[]) =>
  (input: Buffer): Buffer =>
    execFileSync(program, args, { input });
const gz = packer('gzip');
const xz = packer('xz', '--check=crc32');
const zst = packer('zstd', '-q');

/** Takes a kernel from files that are made for it. */
function taker(t: Test): (text: string, files: Readonly<Record<string, Buffer>>) => Promise<Kernel> {
  const dir = t.testdir({ cache: {} });
  return async (text, files) => {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content);
    const spec = parseKernelSpec(text, catalogue, dir);
    return await fetchKernel(spec, { cacheDir: join(dir, 'cache'), locked: false });
  };
}

function rpmOf(name: string, files: Files, more: Parameters<typeof rpm>[1] = {}): Buffer {
  const members = Object.entries(files).map(([path, content]) => ({ name: `./${path}`, content }));
  return rpm(members, { name, ...more });
}

t.test('layouts of distributions: the image, the modules with modules.dep, the configuration', async t => {
  const take = taker(t);
  const R = '6.12.3-1-test';
  const boot = { [`boot/vmlinuz-${R}`]: image(R), [`boot/config-${R}`]: 'CONFIG_X=y\n' };
  const inLib = (lib: string, name = 'vmlinuz') => ({
    [`${lib}/modules/${R}/${name}`]: image(R),
    [`${lib}/modules/${R}/config`]: 'CONFIG_X=y\n',
  });
  const rows: [string, string, Readonly<Record<string, Buffer>>][] = [
    [
      'Debian',
      'deb:image.deb',
      { 'image.deb': await packageDeb('linux-image', { ...boot, ...modules(R, NEEDED, 'usr/lib', xz) }) },
    ],
    [
      'Ubuntu',
      'deb:image.deb,modules.deb,extra.deb',
      {
        'image.deb': await packageDeb('linux-image', { [`boot/vmlinuz-${R}`]: image(R) }),
        'modules.deb': await packageDeb('linux-modules', {
          [`boot/config-${R}`]: 'CONFIG_X=y\n',
          ...modules(R, ['virtio_net', 'veth'], 'lib', zst),
        }),
        'extra.deb': await packageDeb('linux-modules-extra', modules(R, ['pktgen'], 'lib', zst)),
      },
    ],
    [
      'Debian from 6.19 on, the image without md5sums, the modules in both places',
      'deb:binary.deb,lib.deb,usr.deb,base.deb',
      {
        'binary.deb': await packageDeb('linux-binary', inLib('usr/lib'), { hasSums: false }),
        'lib.deb': await packageDeb('linux-modules', modules(R, ['veth'])),
        'usr.deb': await packageDeb('linux-modules-more', modules(R, ['virtio_net', 'pktgen'], 'usr/lib')),
        'base.deb': await packageDeb('linux-base', { 'usr/share/doc/x': 'x' }),
      },
    ],
    [
      'Fedora',
      'rpm:core.rpm,modules.rpm',
      {
        'core.rpm': rpmOf('kernel-core', inLib('lib'), {
          compress: ['zstd', '-q'],
          ghosts: [`/boot/vmlinuz-${R}`],
        }),
        'modules.rpm': rpmOf('kernel-modules', modules(R, NEEDED, 'lib', xz), { compress: ['xz'] }),
      },
    ],
    [
      'SUSE, on s390x and arm64 with the name Image',
      'rpm:default.rpm',
      {
        'default.rpm': rpmOf('kernel-default', {
          ...inLib('usr/lib', 'Image'),
          ...modules(R, NEEDED, 'usr/lib', zst),
        }),
      },
    ],
    [
      'Amazon Linux',
      'rpm:kernel.rpm',
      { 'kernel.rpm': rpmOf('kernel', { ...boot, ...modules(R, NEEDED, 'lib', gz) }) },
    ],
  ];
  const keys = new Set<string>();
  for (const [name, text, files] of rows) {
    const kernel = await take(text, files);
    t.match(
      kernel,
      {
        series: '6.12',
        version: '6.12.3',
        release: R,
        arch: 'amd64',
        flavour: 'amd64',
        packages: [],
        notes: [],
      },
      name,
    );
    t.equal(readFileSync(kernel.image).toString('latin1', 0, 4), '\x7fELF', name);
    const dep = readFileSync(join(kernel.modulesDir ?? '', 'modules.dep'), 'utf8');
    for (const module of NEEDED) t.match(dep, new RegExp(`^kernel/net/${module}\\.ko`, 'm'), name);
    const aliases = readFileSync(join(kernel.modulesDir ?? '', 'modules.alias'), 'utf8');
    t.match(aliases, /^alias test:veth veth$/m, `${name}: depmod has read the modules`);
    t.equal(await kernelConfig(kernel), 'CONFIG_X=y\n', name);
    keys.add(kernel.key);
    t.strictSame(await take(text, files), kernel, 'from the cache');
  }
  t.equal(keys.size, rows.length, 'the key is that of the content');
});

t.test('a kernel without modules, by its configuration', async t => {
  const take = taker(t);
  const R = '6.12.3';
  const files = {
    [`boot/vmlinuz-${R}`]: image(R),
    [`boot/config-${R}`]: '# CONFIG_MODULES is not set\nCONFIG_VETH=y\n',
  };
  t.match(await take('deb:a.deb', { 'a.deb': await packageDeb('linux-image', files) }), { modulesDir: null });
});

t.test('what is not a whole kernel for a guest is refused, with a remedy', async t => {
  const take = taker(t);
  const R = '6.12.3-x';
  const boot = { [`boot/vmlinuz-${R}`]: image(R) };
  const good = await packageDeb('linux-image', { ...boot, ...modules(R, NEEDED) });
  const damaged = (file: Buffer, at: number): Buffer => {
    const copy = Buffer.from(file);
    for (let index = 0; index < 8; index++) copy.writeUInt8((copy[at + index] ?? 0) ^ 0xff, at + index);
    return copy;
  };
  const rpmFile = rpmOf('kernel-core', boot);
  const rows: [string, string, Buffer | null, RegExp][] = [
    ['missing', 'deb:none.deb', null, /no such file or folder: .*none\.deb/],
    ['text', 'deb:a.deb', Buffer.from('hello'), /a\.deb is not a Debian package/],
    ['an rpm as a deb', 'deb:a.deb', rpmFile, /a\.deb is an RPM package: name it rpm:.*a\.deb/],
    ['a deb as an rpm', 'rpm:a.rpm', good, /a\.rpm is a Debian package: name it deb:.*a\.rpm/],
    [
      'truncated deb',
      'deb:a.deb',
      good.subarray(0, -300),
      /cannot unpack a\.deb: dpkg-deb .*unexpected end of file/,
    ],
    ['truncated in its control', 'deb:a.deb', good.subarray(0, 100), /cannot read .*a\.deb: dpkg-deb: error/],
    [
      'flipped deb',
      'deb:a.deb',
      damaged(good, good.length - 200),
      /cannot unpack a\.deb: dpkg-deb .* read error/,
    ],
    ['truncated rpm', 'rpm:a.rpm', rpmFile.subarray(0, -100), /cannot unpack a\.rpm: its payload is damaged/],
    [
      'half a header',
      'rpm:a.rpm',
      rpmFile.subarray(0, 220),
      /cannot read .*a\.rpm: it ends within its headers/,
    ],
    [
      'flipped rpm',
      'rpm:a.rpm',
      damaged(rpmFile, rpmFile.length - 99),
      /its payload is damaged: its SHA-256/,
    ],
    ['flipped header', 'rpm:a.rpm', damaged(rpmFile, 400), /cannot read .*a\.rpm: its header/],
    ['a source rpm', 'rpm:a.rpm', rpm([], { isSource: true }), /is a package of sources/],
    [
      'no part of a kernel',
      'deb:a.deb',
      await packageDeb('linux-doc', { 'usr/share/doc/x': 'x' }),
      /no part of a kernel in a\.deb: neither boot\/vmlinuz-RELEASE/,
    ],
    [
      'modules only',
      'deb:a.deb',
      await packageDeb('linux-modules', modules(R, NEEDED)),
      /a\.deb has no image of 6\.12\.3-x.*linux-image-6\.12\.3-x \(Ubuntu.*by a comma: deb:IMAGE,a\.deb/,
    ],
    [
      'modules only, rpm',
      'rpm:a.rpm',
      rpmOf('kernel-modules', modules(R, NEEDED)),
      /no image of 6\.12\.3-x.*kernel-core \(Fedora, RHEL\).*rpm:IMAGE,a\.rpm/,
    ],
    [
      'the image only',
      'deb:a.deb',
      await packageDeb('linux-image', boot),
      /no module virtio_net, veth, pktgen in a\.deb.*deb:a\.deb,MODULES: linux-modules-6\.12\.3-x/,
    ],
    [
      'a module too few, rpm',
      'rpm:a.rpm',
      rpmOf('kernel', { ...boot, ...modules(R, ['virtio_net', 'veth']) }),
      /no module pktgen in a\.rpm.*rpm:a\.rpm,MODULES: kernel-modules-core/,
    ],
    [
      'of an architecture that guests do not have',
      'deb:a.deb',
      await packageDeb('linux-image', boot, { arch: 'ppc64el' }),
      /a\.deb is for ppc64el; guests are amd64, arm64, s390x, riscv64/,
    ],
    [
      'a kernel of an architecture that guests do not have',
      'deb:a.deb',
      await packageDeb('linux-image', { [`boot/vmlinuz-${R}`]: elfFor(8) }),
      /boot\/vmlinuz-6\.12\.3-x of a\.deb .*e_machine 8/,
    ],
    [
      'of 32 bits',
      'deb:a.deb',
      await packageDeb('linux-image', { [`boot/vmlinuz-${R}`]: image32(R) }, { arch: 'i386' }),
      /boot\/vmlinuz-6\.12\.3-x of a\.deb is for 32-bit x86/,
    ],
    [
      'an image of another release',
      'deb:a.deb',
      await packageDeb('linux-image', { [`boot/vmlinuz-${R}`]: image('6.12.4-y'), ...modules(R, NEEDED) }),
      /the image in a\.deb is 6\.12\.4-y, and its modules are of 6\.12\.3-x/,
    ],
  ];
  for (const [name, text, file, message] of rows)
    await t.rejects(
      take(text, file === null ? {} : { [text.slice(4)]: file }),
      { code: 'usage', message },
      name,
    );
});

function elfFor(machine: number): Buffer {
  const elf = tinyElf();
  elf.writeUInt16LE(machine, 18);
  return elf;
}

function image32(release: string): Buffer {
  const file = image(release);
  file.writeUInt16LE(0, 0x236);
  return file;
}

t.test('the same file in two packages', async t => {
  const take = taker(t);
  const R = '6.12.3';
  const one = await packageDeb('linux-image', { [`boot/vmlinuz-${R}`]: image(R), ...modules(R, ['veth']) });
  const two = await packageDeb('linux-modules', modules(R, NEEDED));
  await t.rejects(take('deb:one.deb,two.deb', { 'one.deb': one, 'two.deb': two }), {
    code: 'usage',
    message:
      /cannot unpack two\.deb: "lib\/modules\/6\.12\.3\/kernel\/net\/veth\.ko" is in it twice, or also/,
  });
});

t.test('a host without dpkg-deb', async t => {
  const take = taker(t);
  const file = await packageDeb('linux-image', { 'boot/vmlinuz-6.1': image('6.1') });
  const bin = join(t.testdirName, 'bin');
  mkdirSync(bin);
  const path = process.env['PATH'];
  process.env['PATH'] = bin;
  t.teardown(() => (process.env['PATH'] = path));
  await t.rejects(take('deb:a.deb', { 'a.deb': file }), {
    code: 'infra',
    message: /dpkg-deb is not installed \(Debian package dpkg/,
  });
  t.notOk(existsSync(join(t.testdirName, 'cache', 'kernels')));
});
