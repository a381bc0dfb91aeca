import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { deb as debOf, tar, type TarMember } from './packages.fixture.ts';
import { type UnpackOptions, unpackPackage } from './unpack-package.ts';

const unpackDeb = (file: string, folder: string, options?: UnpackOptions): Promise<void> =>
  unpackPackage({ format: 'deb', file }, folder, options);

type Member = TarMember;

/** A .deb of given members in a folder of its own. */
async function deb(t: Test, members: readonly Member[] | Buffer): Promise<string> {
  const file = join(t.testdir({ outside: {} }), 'linux-image-1.2.3-amd64_1_amd64.deb');
  writeFileSync(file, await debOf(members));
  return file;
}

const IMAGE: Member = { name: './boot/vmlinuz-1.2.3', content: 'kernel' };

t.test('a kernel is unpacked with its modules, without links, modes and other files', async t => {
  const file = await deb(t, [
    { name: './', type: 'directory' },
    { ...IMAGE, mode: 0o6755 },
    { name: './usr/lib/modules/1.2.3/kernel/net/veth.ko', content: 'module' },
    { name: './lib/modules/1.2.3/build', type: 'symlink', linkname: '/usr/src/linux' },
    { name: './usr/share/doc/readme', content: 'text' },
  ]);
  const root = join(file, '..', 'root');
  await unpackDeb(file, root);
  t.equal(readFileSync(join(root, 'boot/vmlinuz-1.2.3'), 'utf8'), 'kernel');
  t.equal(statSync(join(root, 'boot/vmlinuz-1.2.3')).mode & 0o7777, 0o600);
  t.equal(readFileSync(join(root, 'lib/modules/1.2.3/kernel/net/veth.ko'), 'utf8'), 'module');
  t.notOk(existsSync(join(root, 'lib/modules/1.2.3/build')));
  t.notOk(existsSync(join(root, 'usr')));
});

t.test('a hostile or damaged package is refused, and nothing appears outside', async t => {
  const rows: [string, readonly Member[], RegExp][] = [
    ['absolute', [{ name: '/etc/evil', content: 'x' }], /"\/etc\/evil" is outside of the package/],
    ['absolute behind ./', [{ name: './/etc/evil', content: 'x' }], /outside of the package/],
    ['parent', [{ name: '../outside/evil', content: 'x' }], /"\.\.\/outside\/evil" is outside/],
    [
      'parent within',
      [{ name: './lib/modules/../../../outside/evil', content: 'x' }],
      /outside of the package/,
    ],
    ['device', [{ name: './boot/vmlinuz-1', type: 'block-device', devmajor: 8 }], /is a block-device/],
    ['character device', [{ name: './dev/mem', type: 'character-device' }], /is a character-device/],
    ['fifo', [{ name: './boot/config-1', type: 'fifo' }], /is a fifo/],
    [
      'hard link',
      [IMAGE, { name: './lib/modules/1/x', type: 'link', linkname: '/etc/shadow' }],
      /is a link to "\/etc\/shadow", which no kernel's package has/,
    ],
    ['twice', [IMAGE, IMAGE], /"boot\/vmlinuz-1\.2\.3" is in it twice/],
    [
      'twice, with and without /usr',
      [
        { name: './lib/modules/1/x', content: 'x' },
        { name: './usr/lib/modules/1/x', content: 'y' },
      ],
      /"lib\/modules\/1\/x" is in it twice/,
    ],
    ['a long name', [{ name: `./lib/modules/${'x/'.repeat(600)}`, content: 'x' }], /is too long/],
    ['terminal codes', [{ name: '../\u001b[2J', content: 'x' }], /"\.\.\/\\u001b\[2J" is outside/],
  ];
  for (const [name, members, message] of rows) {
    const file = await deb(t, members);
    await t.rejects(unpackDeb(file, join(file, '..', 'root')), { message }, name);
    t.same(readdirSync(join(file, '..', 'outside')), [], name);
    t.notOk(existsSync('/etc/evil'));
  }
});

t.test('a symbolic link does not lead a later member out', async t => {
  const outside = join(t.testdirName, 'outside');
  const file = await deb(t, [
    { name: './lib', type: 'symlink', linkname: outside },
    { name: './lib/modules/1.2.3/kernel/a.ko', content: 'x' },
  ]);
  await unpackDeb(file, join(file, '..', 'root'));
  t.same(readdirSync(join(file, '..', 'outside')), []);
  t.ok(statSync(join(file, '..', 'root/lib/modules/1.2.3/kernel/a.ko')).isFile());
});

t.test('a package that grows beyond any kernel is refused before it has filled the disk', async t => {
  const limits = { members: 3, bytes: 1000, nameBytes: 100 };
  const refused = async (members: readonly Member[], message: RegExp): Promise<void> => {
    const file = await deb(t, members);
    await t.rejects(unpackDeb(file, join(file, '..', 'root'), { limits }), { code: 'infra', message });
  };
  await refused([{ name: './boot/vmlinuz-1', content: 'x'.repeat(1001) }], /unpacks to more than 1000 bytes/);
  await refused(
    Array.from({ length: 4 }, (_, index) => ({ name: `./usr/${index}`, content: '' })),
    /has more than 3 members/,
  );
});

t.test('truncated, garbage and gone', async t => {
  const file = await deb(t, [{ name: './boot/vmlinuz-1.2.3', content: 'kernel'.repeat(100_000) }]);
  const root = join(file, '..', 'root');
  truncateSync(file, 600);
  await t.rejects(unpackDeb(file, root), {
    code: 'infra',
    message: /cannot unpack linux-image.*deb: dpkg-deb.*unexpected end of file/,
  });
  const halfTar = await deb(t, (await tar([IMAGE])).subarray(0, 700));
  await t.rejects(unpackDeb(halfTar, join(halfTar, '..', 'root')), {
    code: 'infra',
    message: /cannot unpack/,
  });
  writeFileSync(file, 'this is not a package at all');
  await t.rejects(unpackDeb(file, root), {
    code: 'infra',
    message: /cannot unpack linux-image.*dpkg-deb: error/,
  });
  await t.rejects(unpackDeb(`${file}.none`, root), { code: 'infra', message: /cannot unpack/ });
  mkdirSync(root, { recursive: true });
  t.same(
    readdirSync(root).filter(name => name !== 'boot'),
    [],
  );
});

t.test('a dpkg-deb that closes its output and does not end is given up with the signal', async t => {
  const bin = t.testdir({ 'dpkg-deb': '#!/bin/sh\nexec >&-\nexec sleep 60\n' });
  chmodSync(join(bin, 'dpkg-deb'), 0o755);
  const path = process.env['PATH'];
  process.env['PATH'] = `${bin}:${path}`;
  t.teardown(() => (process.env['PATH'] = path));
  const began = performance.now();
  await t.rejects(unpackDeb('x.deb', join(bin, 'root'), { signal: AbortSignal.timeout(500) }), {
    name: 'TimeoutError',
  });
  t.ok(performance.now() - began < 20_000);
});
