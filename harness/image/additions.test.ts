import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { entriesKey, refuseTooLarge } from './additions.ts';
import { appletLinks } from './busybox.ts';
import { fileEntries } from './guest-files.ts';
import { programFiles, withoutInterpreter } from './guest-programs.ts';

const NOWHERE = { arch: 'amd64', cacheDir: '/nowhere' } as const;

const file = (path: string) => ({ written: path, from: path, to: '/opt/x' });

t.test('a folder keeps modes, links and the order of its names', async t => {
  const dir = t.testdir({ b: 'bb', a: 'a', sub: { é: 'x' } });
  chmodSync(join(dir, 'a'), 0o755);
  chmodSync(join(dir, 'b'), 0o640);
  symlinkSync('a', join(dir, 'link'));
  const entries = await fileEntries([file(dir)], NOWHERE);
  t.match(entries, [
    { path: '/opt/x', kind: 'dir' },
    { path: '/opt/x/a', kind: 'file', mode: 0o755, data: Buffer.from('a') },
    { path: '/opt/x/b', kind: 'file', mode: 0o640 },
    { path: '/opt/x/link', kind: 'link', data: Buffer.from('a') },
    { path: '/opt/x/sub', kind: 'dir' },
    { path: '/opt/x/sub/é', kind: 'file' },
  ]);
  const key = entriesKey(entries);
  t.equal(entriesKey(await fileEntries([file(dir)], NOWHERE)), key);
  writeFileSync(join(dir, 'a'), 'A');
  t.not(entriesKey(await fileEntries([file(dir)], NOWHERE)), key, 'another content is another guest');
  chmodSync(join(dir, 'b'), 0o600);
});

t.test('what cannot go into a guest is refused by name', async t => {
  const dir = t.testdir({ many: {}, large: 'x'.repeat(100) });
  await t.rejects(fileEntries([file(join(dir, 'no'))], NOWHERE), {
    code: 'scenario',
    message: /`guest: \{ files \}`: .*no: there is no such file or folder/,
  });
  execFileSync('mkfifo', [join(dir, 'fifo')]);
  await t.rejects(fileEntries([file(join(dir, 'fifo'))], NOWHERE), /neither a file, a folder nor a link/);
  for (let n = 0; n < 5; n += 1) mkdirSync(join(dir, 'many', String(n)));
  const few = { entries: 5, bytes: 1000 };
  await t.rejects(fileEntries([file(join(dir, 'many'))], NOWHERE, few), /more than 5 files and folders/);
  await t.rejects(
    fileEntries([file(join(dir, 'large'))], NOWHERE, { entries: 5, bytes: 99 }),
    /more than 99 bytes/,
  );
});

t.test('programs by name, by path and by package, with their libraries', async t => {
  const dir = t.testdir({ client: '#!/bin/sh\n', plain: 'x' });
  chmodSync(join(dir, 'client'), 0o755);
  const paths = async (name: string, path: string | null = null): Promise<string[]> =>
    (await programFiles([{ name, path }], NOWHERE)).map(entry => entry.path);
  const tool = await paths('bpftool');
  t.match(tool[0], /^\/usr\/(local\/)?s?bin\/bpftool$/);
  t.ok(
    tool.some(path => path.includes('/libc.so')),
    'with the shared libraries',
  );
  t.same(await paths('./client', join(dir, 'client')), ['/usr/local/bin/client']);
  const parts = await paths('libc-bin');
  t.ok(parts.includes('/usr/bin/getent'), 'all programs of an installed package');
  t.notOk(parts.some(path => path.startsWith('/usr/share/man')));
  const rows: [string, string | null, RegExp][] = [
    ['xdp-bench-of-nobody', null, /this host has no program `xdp-bench-of-nobody`$/],
    ['./no', join(dir, 'no'), /\.\/no: there is no such file/],
    ['./dir', dir, /it is a folder: put it into `files`/],
    ['./plain', join(dir, 'plain'), /it is not executable/],
  ];
  for (const [name, path, message] of rows)
    await t.rejects(programFiles([{ name, path }], NOWHERE), { code: 'scenario', message });
});

t.test('a script whose interpreter is not in the guest', async t => {
  const script = (line: string) =>
    [{ path: '/opt/x', kind: 'file', mode: 0o755, data: Buffer.from(`${line}\n`) }] as const;
  const present = new Set(['/bin/sh', '/usr/bin/env', '/usr/bin/awk']);
  t.equal(withoutInterpreter(script('#!/bin/sh -e'), present), null);
  t.equal(withoutInterpreter(script('#!/usr/bin/env awk'), present), null);
  t.equal(withoutInterpreter(script('no script'), present), null);
  t.match(withoutInterpreter(script('#!/usr/bin/python3'), present), { interpreter: '/usr/bin/python3' });
  t.match(withoutInterpreter(script('#! /usr/bin/env bash'), present), { interpreter: 'bash' });
});

t.test('content counts against the memory of the guest', async t => {
  const MiB = 1024 ** 2;
  refuseTooLarge(192 * MiB, 512);
  t.throws(() => refuseTooLarge(193 * MiB, 512), {
    code: 'scenario',
    message: /have 193 MiB, which count against its memory of 512 MiB: set `guest: \{ memory_mib: 640 \}`/,
  });
});

t.test('busybox has links for its applets, but not for what the guest has itself', async t => {
  const links = await appletLinks('busybox', ['ip']);
  const paths = links.map(({ path }) => path);
  for (const path of ['/bin/ls', '/usr/bin/env', '/usr/sbin/modprobe']) t.ok(paths.includes(path), path);
  t.notOk(paths.some(path => /^\/sbin\/(modprobe|init)$|\/(ip|sh|busybox)$/.test(path)));
});
