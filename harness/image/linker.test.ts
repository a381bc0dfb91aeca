import t from 'tap';
import { architecture } from '../arch/architectures.ts';
import { linkerFlags } from './linker.ts';

const RISCV = architecture('riscv64');

/** The same architecture, whose GNU ld is a program that does not exist or the host's own. */
function withLinker(tuple: string, gnuSince: string): typeof RISCV {
  const linker = { gnuSince, llvmSince: 18, package: 'lld-19' };
  return { ...RISCV, toolchain: { ...RISCV.toolchain, tuple, linker } };
}

t.test('the newest linker of LLVM that is new enough, where GNU ld is too old', async t => {
  const root = t.testdir({
    'llvm-14': { bin: { 'ld.lld': '' } },
    'llvm-18': { bin: { 'ld.lld': '' } },
    'llvm-19': { bin: { 'ld.lld': '' } },
    'llvm-20': { bin: { clang: '' } },
  });
  t.same(await linkerFlags(withLinker('nobody-linux-gnu', '2.41.0'), root), [
    `-B${root}/llvm-19/bin`,
    '-fuse-ld=lld',
  ]);
  t.same(await linkerFlags(withLinker('x86_64-linux-gnu', '99.0.0'), root), [
    `-B${root}/llvm-19/bin`,
    '-fuse-ld=lld',
  ]);
  t.same(await linkerFlags(withLinker('x86_64-linux-gnu', '2.0.0'), root), [], 'GNU ld is new enough');
  t.same(await linkerFlags(architecture('s390x'), root), [], 'any linker does');
});

t.test('a host that has neither', async t => {
  const root = t.testdir({ 'llvm-14': { bin: { 'ld.lld': '' } } });
  await t.rejects(linkerFlags(withLinker('nobody-linux-gnu', '2.41.0'), root), {
    code: 'infra',
    message: /this host has no GNU ld: install lld-19/,
  });
});
