import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { readObject } from '../object/read-object.ts';
import { cacheRoot } from '../util/paths.ts';
import { buildBpfObject } from './bpf-object.ts';
import { findProgram } from './host-programs.ts';

const SOURCE = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "outer.h"
#ifndef NUMBER
#define NUMBER INNER
#endif
SEC("xdp") int number(struct xdp_md *ctx) { return NUMBER; }
char LICENSE[] SEC("license") = "GPL";
`;

/** A source that includes a header that includes another; `build` compiles it into a cache of its own. */
function sources(t: Test) {
  const dir = t.testdir({
    'prog_kern.c': SOURCE,
    'outer.h': '#include <inner.h>\n',
    late: { 'inner.h': '#define INNER 1\n' },
    early: {},
  });
  const build = async (cflags: readonly string[] = ['-Iearly', '-Ilate']): Promise<string> =>
    (
      await buildBpfObject(
        { path: join(dir, 'prog_kern.c'), cflags, dir },
        { arch: 'amd64', cacheDir: join(dir, 'cache') },
      )
    ).path;
  return { dir, build };
}

t.test('the same sources are the same object; its files are all that it is made from', async t => {
  const { dir, build } = sources(t);
  const first = await build();
  t.equal(await build(), first);
  const source = { path: join(dir, 'prog_kern.c'), cflags: ['-Iearly', '-Ilate'], dir };
  const { files } = await buildBpfObject(source, { arch: 'amd64', cacheDir: join(dir, 'cache') });
  t.equal(files[0], join(dir, 'prog_kern.c'));
  t.ok(files.includes(join(dir, 'outer.h')) && files.includes(join(dir, 'late', 'inner.h')));
  t.ok(files.includes('/usr/include/linux/types.h'));
  t.ok(
    files.some(file => /\/libbpf\/.*\/linux\/bpf\.h$/.test(file)),
    'bpf.h is that of the agent',
  );
  t.equal(readObject(first).programs[0]?.name, 'number');
});

t.test('a cache that lies elsewhere has the same objects', async t => {
  const { dir, build } = sources(t);
  const first = await build();
  const elsewhere = join(dir, 'elsewhere', 'bpfrig');
  mkdirSync(elsewhere, { recursive: true });
  symlinkSync(join(cacheRoot(), 'libbpf'), join(elsewhere, 'libbpf'));
  const before = process.env['XDG_CACHE_HOME'];
  t.teardown(() => {
    if (before === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = before;
  });
  process.env['XDG_CACHE_HOME'] = join(dir, 'elsewhere');
  const source = { path: join(dir, 'prog_kern.c'), cflags: ['-Iearly', '-Ilate'], dir };
  const { path } = await buildBpfObject(source, { arch: 'amd64', cacheDir: elsewhere });
  t.equal(basename(dirname(path)), basename(dirname(first)));
});

t.test('an edit of a header of an included header is another object', async t => {
  const { dir, build } = sources(t);
  const first = await build();
  writeFileSync(join(dir, 'late', 'inner.h'), '#define INNER 2\n');
  const second = await build();
  t.not(second, first);
  t.not(readFileSync(second).equals(readFileSync(first)), true);
  writeFileSync(join(dir, 'late', 'inner.h'), '#define INNER 1\n');
  t.equal(await build(), first, 'the edit taken back is the first object again');
});

t.test('a comment is another object, since a verifier log shows the text', async t => {
  const { dir, build } = sources(t);
  const first = await build();
  writeFileSync(join(dir, 'prog_kern.c'), SOURCE.replace('NUMBER; }', 'NUMBER; } /* so */'));
  t.not(await build(), first);
});

t.test('a header that appears earlier in the include path is seen by the next process', async t => {
  const { dir, build } = sources(t);
  const first = await build();
  writeFileSync(join(dir, 'early', 'inner.h'), '#define INNER 2\n');
  // Another name of the same folder: nothing is remembered of it.
  t.not(await build(['-I./early', '-Ilate']), first);
  rmSync(join(dir, 'early', 'inner.h'));
});

t.test('a flag is another object, and flags come after the defaults', async t => {
  const { build } = sources(t);
  const first = await build();
  const second = await build(['-Iearly', '-Ilate', '-DNUMBER=2']);
  t.not(second, first);
  t.not(readFileSync(second).equals(readFileSync(first)), true);
});

t.test('another compiler is another object', async t => {
  const { dir, build } = sources(t);
  const first = await build();
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  const clang = await findProgram('clang');
  const newer = `#!/bin/sh\n[ "$1" = --version ] && { echo 'clang version 99'; exit; }\nexec ${clang} "$@"\n`;
  writeFileSync(join(bin, 'clang'), newer);
  chmodSync(join(bin, 'clang'), 0o755);
  const path = process.env['PATH'];
  process.env['PATH'] = `${bin}${delimiter}${path}`;
  t.teardown(() => (process.env['PATH'] = path));
  t.not(await build(), first);
});

t.test('two builds at once are one object', async t => {
  const { build } = sources(t);
  const [one, other] = await Promise.all([build(), build()]);
  t.equal(one, other);
});

t.test('an object that is ready is taken as it is', async t => {
  const { dir, build } = sources(t);
  const ready = join(dir, 'ready.o');
  writeFileSync(ready, readFileSync(await build()));
  t.same(
    await buildBpfObject({ path: ready, cflags: [], dir }, { arch: 'amd64', cacheDir: join(dir, 'cache') }),
    {
      path: ready,
      files: [ready],
    },
  );
});

t.test('headers of the C library compile', async t => {
  const dir = t.testdir({
    'libc.c': '#include <arpa/inet.h>\n#include <stdlib.h>\n#include <string.h>\nint x;\n',
  });
  const built = await buildBpfObject(
    { path: join(dir, 'libc.c'), cflags: [], dir },
    { arch: 'amd64', cacheDir: join(dir, 'cache') },
  );
  t.ok(built.files.includes('/usr/include/arpa/inet.h'));
});

t.test('an error names the first complaint with its place, and what to do', async t => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      '#include "nowhere.h"\n',
      /^bad\.c does not compile with clang: .*bad\.c:1:10: fatal error: 'nowhere\.h' file not found \(.*cflags/,
    ],
    ['\nint f(void) { return nothing; }\n', /bad\.c:2:22: error: .*undeclared.*\(.*vmlinux\.h/],
    ['u32 x;\n', /bad\.c:1:1: error: unknown type name 'u32' \(.*vmlinux\.h/],
  ];
  for (const [text, message] of cases) {
    const dir = t.testdir({ 'bad.c': text });
    const build = buildBpfObject(
      { path: join(dir, 'bad.c'), cflags: [], dir },
      { arch: 'amd64', cacheDir: join(dir, 'cache') },
    );
    await t.rejects(build, { code: 'scenario', message, detail: /bad\.c/ });
  }
  const absent = buildBpfObject(
    { path: '/nowhere/x.c', cflags: [], dir: '/' },
    { arch: 'amd64', cacheDir: t.testdirName },
  );
  await t.rejects(absent, { code: 'scenario', message: /no such BPF source/ });
});
