import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { BpfrigError } from '../util/errors.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';
import type { BpfObject } from './object.ts';
import { parseObject, readObject } from './read-object.ts';

const HARNESS = join(PACKAGE_ROOT, 'harness');
const MANY = join(HARNESS, 'object', 'testdata', 'many.bpf.c');
const LEGACY = join(HARNESS, 'object', 'testdata', 'legacy.bpf.c');
const SPELLINGS = join(HARNESS, 'cli', 'testdata', 'objects', 'spellings.bpf.c');

/** Compiles a source with clang and reads the object. */
function compiled(t: Test, source: string, flags: readonly string[] = ['-target', 'bpf']): BpfObject {
  const object = join(t.testdir(), 'object.bpf.o');
  const includes = ['-I/usr/include/x86_64-linux-gnu'];
  execFileSync('clang', ['-O2', '-g', ...flags, ...includes, '-c', source, '-o', object]);
  return readObject(object);
}

t.test('programs: name, section, autoload, and the maps that each one uses, through calls too', t => {
  const { programs, license } = compiled(t, MANY);
  const seen = programs.map(({ name, section, autoload, maps }) => [
    name,
    section,
    autoload,
    maps.toSorted(),
  ]);
  t.strictSame(seen, [
    ['plain', 'xdp', true, []],
    ['calls', 'xdp', true, ['events', 'rules']],
    ['on_demand', '?tc', false, ['outer']],
    ['by_callback', 'tc', true, ['first', 'rules']],
  ]);
  t.ok(programs.every(({ insns }) => Number.isInteger(insns) && insns > 2));
  t.equal(license, 'Dual BSD/GPL');
  t.end();
});

t.test('maps: everything that a declaration states', t => {
  const { maps, btf } = compiled(t, MANY);
  // Their order is the compiler's.
  t.equal(maps.length, 5);
  const named = (name: string) => maps.find(map => map.name === name);
  const [rules, first, outer] = [named('rules'), named('first'), named('outer')];
  const [events, untouched] = [named('events'), named('untouched')];
  t.match(rules, { name: 'rules', type: 'hash', typeNumber: 1, keySize: 4, valueSize: 24, maxEntries: 100 });
  t.match(rules, { flags: 1, pinned: true, inner: null, initial: [], legacy: false, numaNode: null });
  t.match(first, { name: 'first', type: 'array', keySize: 4, valueSize: 8, maxEntries: 2 });
  t.match(outer, { name: 'outer', type: 'array_of_maps', keySize: 4, valueSize: 4, maxEntries: 3 });
  t.match(outer, { initial: ['first'], inner: { type: 'array', keySize: 4, valueSize: 8, maxEntries: 2 } });
  t.match(events, { name: 'events', type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: 4096 });
  t.match(untouched, { name: 'untouched', keySize: 4, valueSize: 12, keyType: null, valueType: null });
  const value = btf?.resolve(rules?.valueType ?? 0);
  t.strictSame(
    value?.members.map(({ name, bitOffset, bitSize, type }) => [name, bitOffset, bitSize, btf?.nameOf(type)]),
    [
      ['address', 0, 0, '__u32'],
      ['action', 32, 4, '__u8'],
      ['depth', 36, 4, '__u8'],
      ['hits', 64, 0, '__u64[2]'],
    ],
  );
  t.end();
});

t.test('globals by section, and the kernel configuration that is asked for', t => {
  const { globals, kconfig, btf } = compiled(t, MANY);
  const seen = globals.map(({ name, section, size, type }) => [
    name,
    section,
    size,
    type === null ? null : btf?.nameOf(type),
  ]);
  const byName = seen.toSorted(([a], [b]) => String(a).localeCompare(String(b)));
  t.strictSame(byName, [
    ['hidden', '.bss', 4, '__u32'],
    ['limit', '.rodata', 4, 'const volatile __u32'],
    ['start', '.data', 4, 'int'],
    ['total', '.bss', 8, '__u64'],
  ]);
  t.strictSame(kconfig, ['CONFIG_HZ']);
  t.end();
});

t.test('a big-endian object says the same', t => {
  const little = compiled(t, MANY);
  const big = compiled(t, MANY, ['-target', 'bpfeb']);
  t.equal(little.littleEndian, true);
  t.equal(big.littleEndian, false);
  t.strictSame(big.programs, little.programs);
  t.strictSame(
    big.maps.map(map => ({ ...map, keyType: 0, valueType: 0 })),
    little.maps.map(map => ({ ...map, keyType: 0, valueType: 0 })),
  );
  t.end();
});

t.test('every spelling of a program that libbpf takes', t => {
  const { programs } = compiled(t, SPELLINGS);
  t.strictSame(
    programs.map(({ name, maps }) => [name, maps]),
    ['oneline', 'commented', 'attributed', 'typed', 'between'].map(name => [name, ['cpus']]),
  );
  t.end();
});

t.test('a legacy map is read and said to be one; without BTF programs are still there', t => {
  const { maps, programs } = compiled(t, LEGACY);
  t.match(maps, [
    { name: 'OLD_MAP', type: 'cpumap', keySize: 4, valueSize: 8, maxEntries: 12, legacy: true },
  ]);
  t.match(programs, [{ name: 'old_style', maps: ['OLD_MAP'] }]);
  const bare = compiled(t, LEGACY, ['-target', 'bpf', '-g0']);
  t.equal(bare.btf, null);
  t.match(bare.programs, [{ name: 'old_style', maps: ['OLD_MAP'] }]);
  t.end();
});

t.test('what is no BPF object is said to be what it is', t => {
  const cases: readonly (readonly [string, Buffer, RegExp])[] = [
    ['text', Buffer.from('int main(void) {}'), /^x\.o is not an ELF file$/],
    ['program of the host', readFileSync(process.execPath).subarray(0, 4096), /ELF file for .+, not for BPF/],
    ['bitcode', Buffer.from('BC\xc0\xde and more', 'latin1'), /LLVM bitcode/],
    ['nothing', Buffer.alloc(0), /not an ELF file/],
  ];
  for (const [name, bytes, message] of cases) {
    t.throws(() => parseObject(bytes, 'x.o'), { code: 'scenario', message }, name);
  }
  compiled(t, LEGACY);
  const whole = readFileSync(join(t.testdirName, 'object.bpf.o'));
  for (const length of [100, 500, whole.length - 200]) {
    t.throws(() => parseObject(whole.subarray(0, length), 'x.o'), { code: 'scenario', message: /cut off/ });
  }
  t.throws(() => readObject('/nowhere/x.o'), { code: 'scenario', message: /cannot be read/ });
  t.end();
});

t.test('whatever is damaged in an object, the scenario is what is wrong', t => {
  compiled(t, MANY);
  const whole = readFileSync(join(t.testdirName, 'object.bpf.o'));
  const refusals: unknown[] = [];
  for (const fill of [0xff, 0x7f]) {
    for (let at = 16; at < whole.length; at += 4) {
      const damaged = Buffer.from(whole).fill(fill, at, at + 4);
      try {
        parseObject(damaged, 'x.o');
      } catch (error) {
        refusals.push(error);
      }
    }
  }
  const ofUs = refusals.filter(error => !(error instanceof BpfrigError && error.code === 'scenario'));
  t.same(ofUs, []);
  t.ok(refusals.some(error => String(error).includes('is damaged')));
  t.end();
});
