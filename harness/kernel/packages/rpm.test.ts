import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { cpio, type CpioMember, rpm, type RpmOptions } from './packages.fixture.ts';
import { readRpmHeader } from './rpm-header.ts';
import { type UnpackOptions, unpackPackage } from './unpack-package.ts';

const IMAGE: CpioMember = { name: './boot/vmlinuz-1.2.3', content: 'kernel' };

/** An .rpm in a folder of its own. */
function place(t: Test, content: Buffer): string {
  const file = join(t.testdir({ outside: {} }), 'kernel-core-1-1.x86_64.rpm');
  writeFileSync(file, content);
  return file;
}

async function unpack(file: string, options?: UnpackOptions): Promise<string> {
  const root = join(file, '..', 'root');
  await unpackPackage({ format: 'rpm', file }, root, options);
  return root;
}

t.test('a kernel is unpacked from every compression, without links, modes and other files', async t => {
  const members: CpioMember[] = [
    { ...IMAGE, mode: 0o106755 },
    { name: './usr/lib/modules/1.2.3', mode: 0o040755 },
    { name: './usr/lib/modules/1.2.3/kernel/veth.ko', content: 'module'.repeat(50_000) },
    { name: './usr/lib/modules/1.2.3/build', content: '/usr/src/linux', mode: 0o120777 },
    { name: './usr/lib/modules/1.2.3/other-name', links: 2 },
    { name: './usr/share/doc/readme', content: 'text' },
  ];
  const rows = [['gzip'], ['xz', '-T1'], ['xz', '--format=lzma'], ['zstd', '-q', '-19'], ['bzip2']];
  for (const compress of rows) {
    const root = await unpack(place(t, rpm(members, { compress })));
    const name = compress.join(' ');
    t.equal(readFileSync(join(root, 'boot/vmlinuz-1.2.3'), 'utf8'), 'kernel', name);
    t.equal(statSync(join(root, 'boot/vmlinuz-1.2.3')).mode & 0o7777, 0o600, name);
    t.same(readdirSync(join(root, 'lib/modules/1.2.3')), ['kernel'], name);
    t.equal(statSync(join(root, 'lib/modules/1.2.3/kernel/veth.ko')).size, 300_000, name);
    t.notOk(existsSync(join(root, 'usr')), name);
  }
});

t.test('a hostile or damaged package is refused, and nothing appears outside', async t => {
  const rows: [string, readonly CpioMember[], RpmOptions, RegExp][] = [
    ['absolute', [{ name: '/etc/evil', content: 'x' }], {}, /"\/etc\/evil" is outside of the package/],
    ['parent', [{ name: './lib/modules/../../../outside/evil' }], {}, /is outside of the package/],
    ['device', [{ name: './boot/vmlinuz-1', mode: 0o060644 }], {}, /is a block-device/],
    ['fifo', [{ name: './boot/config-1', mode: 0o010644 }], {}, /is a fifo/],
    ['twice', [IMAGE, IMAGE], {}, /"boot\/vmlinuz-1\.2\.3" is in it twice/],
    ['no cpio', [], { payload: Buffer.alloc(1000, 'x') }, /its payload is no cpio archive/],
    ['of another format', [], { payload: Buffer.from('07070X'.padEnd(200, '0')) }, /more than 4 GiB/],
    ['half', [], { payload: cpio([IMAGE]).subarray(0, 130) }, /unexpected end of file/],
    ['without a trailer', [], { payload: cpio([IMAGE]).subarray(0, -124) }, /unexpected end of file/],
    ['not compressed', [IMAGE], { compress: [] }, /compressed in a way that bpfrig does not know/],
    ['sources', [IMAGE], { isSource: true }, /it is a package of sources/],
  ];
  for (const [name, members, options, message] of rows) {
    const file = place(t, rpm(members, options));
    await t.rejects(unpack(file), { code: 'infra', message }, name);
    t.same(readdirSync(join(file, '..', 'outside')), [], name);
  }
  t.notOk(existsSync('/etc/evil'));
});

t.test('limits hold', async t => {
  const limits = { members: 3, bytes: 1000, nameBytes: 100 };
  const large = place(t, rpm([{ ...IMAGE, content: 'x'.repeat(1001) }]));
  await t.rejects(unpack(large, { limits }), { message: /unpacks to more than 1000 bytes/ });
  const many = place(t, rpm(['a', 'b', 'c', 'd'].map(name => ({ name: `./usr/${name}` }))));
  await t.rejects(unpack(many, { limits }), { message: /has more than 3 members/ });
});

t.test('a byte that is flipped anywhere is noticed', async t => {
  const good = rpm([{ ...IMAGE, content: 'kernel'.repeat(100) }], { compress: ['zstd', '-q'] });
  // The lead and the checksums of the header come before.
  for (let at = 200; at < good.length; at += 7) {
    const bad = Buffer.from(good);
    bad.writeUInt8((bad[at] ?? 0) ^ 0x10, at);
    await t.rejects(unpack(place(t, bad)), { code: 'infra', message: /cannot unpack kernel-core/ }, `${at}`);
  }
  for (const length of [0, 50, 100, 300, good.length - 10])
    await t.rejects(unpack(place(t, good.subarray(0, length))), { message: /cannot unpack/ }, `${length}`);
  const old = rpm([{ ...IMAGE, content: 'kernel'.repeat(100) }], { hasDigests: false });
  await t.rejects(unpack(place(t, old.subarray(0, -20))), { message: /unexpected end of file/ });
});

t.test('the header lists what the payload has, without ghosts', async t => {
  const file = place(
    t,
    rpm([IMAGE, { name: './usr/lib/modules/1.2.3/build', mode: 0o120777 }], {
      name: 'kernel-core',
      version: '6.1',
      ghosts: ['/boot/initramfs-1.2.3.img'],
    }),
  );
  t.match(await readRpmHeader(file), {
    name: 'kernel-core',
    version: '6.1-1',
    arch: 'x86_64',
    files: ['/boot/vmlinuz-1.2.3'],
  });
  t.equal((await readRpmHeader(file)).files.length, 1);
});

t.test('a tool that is missing is named with its package', async t => {
  const file = place(t, rpm([IMAGE], { compress: ['xz'] }));
  const bin = join(file, '..', 'bin');
  mkdirSync(bin);
  const path = process.env['PATH'];
  process.env['PATH'] = bin;
  t.teardown(() => (process.env['PATH'] = path));
  await t.rejects(unpack(file, { fault: 'usage' }), {
    code: 'infra',
    message: /xz is not installed \(Debian package xz-utils: apt-get install xz-utils\)/,
  });
});
