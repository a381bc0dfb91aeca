import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { linkSources, sourceFiles } from './source-links.ts';

/** A tree in which something was built; its .gitignore is as Debian's, which ignores the whole tree. */
const BUILT = {
  '.gitignore': '.*\n*.o\n/include/config/\n/*\n!/debian/\n',
  '.config': '',
  Makefile: '',
  vmlinux: '',
  'System.map': '',
  debian: { rules: '' },
  include: { config: { 'auto.conf': '' }, linux: { 'bpf.h': '' } },
  kernel: { 'fork.c': 'int x;', 'fork.o': '', '.fork.o.cmd': '', bpf: { Makefile: 'obj-y := a.o\n' } },
};

t.test('the sources of a tree, without what a build left', async t => {
  const dir = t.testdir({ tree: BUILT, scratch: {} });
  const wanted = ['Makefile', 'include/linux/bpf.h', 'kernel/bpf/Makefile', 'kernel/fork.c'];
  const list = () => sourceFiles(join(dir, 'tree'), join(dir, 'scratch'));
  t.strictSame(await list(), wanted);
  execFileSync('git', ['init', '--quiet', join(dir, 'tree')]);
  execFileSync('git', ['-C', join(dir, 'tree'), 'add', '-f', 'Makefile', 'kernel/fork.c']);
  t.strictSame(await list(), wanted, 'the same of a repository');
  writeFileSync(join(dir, 'tree/kernel/.gitignore'), '*.c\n');
  t.notOk((await list()).includes('kernel/fork.c'));
  rmSync(join(dir, 'tree/Makefile'));
  await t.rejects(list(), { code: 'infra', message: /ignores its Makefile/ });
});

t.test('links to sources, brought up to date', async t => {
  const dir = t.testdir({ tree: BUILT, scratch: {} });
  const [tree, links] = [join(dir, 'tree'), join(dir, 'links')];
  mkdirSync(links);
  const own = new Map([['kernel/bpf/Makefile', 'obj-y := a.o\nGCOV_PROFILE_a.o := y\n']]);
  const update = async () => linkSources(tree, await sourceFiles(tree, join(dir, 'scratch')), links, own);
  await update();
  const makefile = join(links, 'kernel/bpf/Makefile');
  t.equal(readFileSync(join(links, 'kernel/fork.c'), 'utf8'), 'int x;');
  t.ok(lstatSync(join(links, 'kernel/fork.c')).isSymbolicLink());
  t.notOk(lstatSync(makefile).isSymbolicLink());
  t.match(readFileSync(makefile, 'utf8'), 'GCOV_PROFILE_a.o');
  t.equal(readFileSync(join(tree, 'kernel/bpf/Makefile'), 'utf8'), 'obj-y := a.o\n', 'the tree is only read');
  const { mtimeMs } = statSync(makefile);

  rmSync(join(tree, 'kernel/fork.c'));
  writeFileSync(join(tree, 'kernel/exit.c'), '');
  await update();
  t.strictSame(readdirSync(join(links, 'kernel')).sort(), ['bpf', 'exit.c']);
  t.equal(statSync(makefile).mtimeMs, mtimeMs, 'make would build everything in that folder again');
});
