import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PACKAGE_ROOT } from '../util/paths.ts';
import type { Btf } from './btf.ts';
import { readDwarfTypes } from './dwarf-types.ts';
import { readElf } from './elf.ts';
import { readObject } from './read-object.ts';
import { decodeValue } from './values.ts';

const SOURCE = join(PACKAGE_ROOT, 'harness', 'object', 'testdata', 'values.bpf.c');
const LOCAL = join(PACKAGE_ROOT, 'scenarios', 'object', 'decoded.bpf.c');

function compiled(source: string, flags: readonly string[]): string {
  const path = join(t.testdirName, 'types.bpf.o');
  const includes = '-I/usr/include/x86_64-linux-gnu';
  execFileSync('clang', ['-O2', ...flags, includes, '-c', source, '-o', path]);
  return path;
}

function dwarfOf(path: string): Btf | null {
  return readDwarfTypes(readElf(readFileSync(path), 'types.bpf.o'));
}

/** The id of a type by the name that C gives it. */
function typeId(btf: Btf, name: string): number {
  return btf.types.find(({ id, size }) => btf.nameOf(id) === name && size > 0)?.id ?? -1;
}

t.before(() => t.testdir());

t.test('structs in the debug information are those of BTF', async t => {
  for (const target of ['bpfel', 'bpfeb']) {
    for (const version of ['-gdwarf-4', '-gdwarf-5']) {
      const path = compiled(SOURCE, ['-target', target, '-g', version]);
      const [{ btf, littleEndian }, dwarf] = [readObject(path), dwarfOf(path)];
      if (btf === null || dwarf === null) throw new Error(`${target} ${version}: no types`);
      for (const name of ['struct rule', 'struct tuple', 'union u18', 'struct in6_addr', 'enum action']) {
        const [ours, theirs] = [typeId(dwarf, name), typeId(btf, name)];
        const size = btf.sizeOf(theirs);
        t.equal(dwarf.sizeOf(ours), size, `${target} ${version} ${name}: size`);
        const bytes = Buffer.from(Array.from({ length: size }, (_, index) => (index * 37 + 11) % 128));
        t.strictSame(
          decodeValue(dwarf, ours, bytes, littleEndian),
          decodeValue(btf, theirs, bytes, littleEndian),
          `${target} ${version} ${name}`,
        );
      }
    }
  }
});

t.test('it has what only local variables are', async t => {
  const path = compiled(LOCAL, ['-target', 'bpf', '-g']);
  const [{ btf }, dwarf] = [readObject(path), dwarfOf(path)];
  t.equal(btf === null ? null : typeId(btf, 'struct sample'), -1, 'BTF does not');
  t.equal(dwarf?.sizeOf(typeId(dwarf, 'struct sample')), 24);
});

t.test('without debug information, or with a damaged one, there are no types', async t => {
  t.equal(dwarfOf(compiled(SOURCE, ['-target', 'bpf', '-g0'])), null);
  const whole = readFileSync(compiled(SOURCE, ['-target', 'bpf', '-g']));
  const info = readElf(whole, 'x').sections.find(({ name }) => name === '.debug_info');
  t.ok(info !== undefined && info.size > 100);
  const at = whole.indexOf(info?.data ?? '');
  let refused = 0;
  for (let offset = at; offset < at + (info?.size ?? 0); offset += 1) {
    const damaged = Buffer.from(whole).fill(0xff, offset, offset + 2);
    if (readDwarfTypes(readElf(damaged, 'x')) === null) refused += 1;
  }
  t.ok(refused > 10, `${refused} refused, and none threw`);
});
