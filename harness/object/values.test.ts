import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import type { Test } from 'tap';
import type { Value } from '../model/counters.ts';
import { BpfrigError } from '../util/errors.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';
import type { Btf } from './btf.ts';
import { readElf } from './elf.ts';
import { readObject } from './read-object.ts';
import { decodeValue, encodeValue } from './values.ts';

const SOURCE = join(PACKAGE_ROOT, 'harness', 'object', 'testdata', 'values.bpf.c');

/** The types of the global variables of the test's object, compiled for one byte order. */
interface Typed {
  readonly btf: Btf;
  readonly littleEndian: boolean;
  readonly typeOf: (global: string) => number;
  /** The bytes with which a global variable begins. */
  readonly initial: (global: string) => Buffer;
}

function compiled(t: Test, target: 'bpfel' | 'bpfeb'): Typed {
  const path = join(t.testdir(), 'values.bpf.o');
  const flags = ['-O2', '-g', '-target', target, '-I/usr/include/x86_64-linux-gnu'];
  execFileSync('clang', [...flags, '-c', SOURCE, '-o', path]);
  const { btf, globals, littleEndian } = readObject(path);
  if (btf === null) throw new Error('the object has no BTF');
  const types = new Map(globals.map(({ name, type }) => [name, type]));
  const { sections } = readElf(readFileSync(path), 'values.bpf.o');
  const initial = (name: string): Buffer => {
    const global = globals.find(one => one.name === name);
    const data = sections.find(one => one.name === global?.section)?.data ?? Buffer.alloc(0);
    return data.subarray(global?.offset, (global?.offset ?? 0) + (global?.size ?? 0));
  };
  return { btf, littleEndian, typeOf: global => types.get(global) ?? -1, initial };
}

const RULE = {
  key: { src: '198.18.0.1', mac: '52:54:00:12:34:56', port: 9000 },
  action: 'DROP',
  number: 0x10002,
  first: 5,
  second: 17,
  third: -700,
  hits: [1, '18446744073709551615'],
};

/** A variable, what is written into it, its bytes on both byte orders, and what is read. `undefined`: as written. */
const ROWS: readonly (readonly [string, unknown, string, string, Value | undefined])[] = [
  ['byte', 200, 'c8', 'c8', undefined],
  ['byte', true, '01', '01', 1],
  ['small', -2, 'fe', 'fe', undefined],
  ['word', 0x1234, '3412', '1234', undefined],
  ['number', -2, 'feffffff', 'fffffffe', undefined],
  ['plain', 4_000_000_000, '00286bee', 'ee6b2800', undefined],
  ['plain', '0x10', '10000000', '00000010', 16],
  ['far', '-9223372036854775808', '0000000000000080', '8000000000000000', { int: '-9223372036854775808' }],
  ['wide', '18446744073709551615', 'ffffffffffffffff', 'ffffffffffffffff', { int: '18446744073709551615' }],
  ['wide', { int: '18446744073709551614' }, 'feffffffffffffff', 'fffffffffffffffe', undefined],
  ['wide', 2n ** 53n, '0000000000002000', '0020000000000000', { int: '9007199254740992' }],
  ['widest', 1, '01' + '0'.repeat(30), '0'.repeat(31) + '1', undefined],
  ['flag', true, '01', '01', undefined],
  ['flag', 'false', '00', '00', false],
  ['real', 1.5, '000000000000f83f', '3ff8000000000000', undefined],
  ['half', -2, '000000c0', 'c0000000', undefined],
  ['real', 'NaN', '000000000000f87f', '7ff8000000000000', undefined],
  ['action', 'LAST', 'ffffffff', 'ffffffff', undefined],
  ['action', 5, '05000000', '00000005', 'DROP'],
  ['action', 77, '4d000000', '0000004d', '77'],
  ['large', 'HUGE', '0000008000000000', '0000000080000000', undefined],
  ['comm', 'curl', '6375726c' + '0'.repeat(24), '6375726c' + '0'.repeat(24), undefined],
  ['comm', '::1', '3a3a31' + '0'.repeat(26), '3a3a31' + '0'.repeat(26), undefined],
  ['four', 'full', '66756c6c', '66756c6c', undefined],
  ['four', '198.18.0.1', 'c6120001', 'c6120001', '\\xc6\\x12'],
  ['address', '198.18.0.1', 'c6120001', 'c6120001', undefined],
  ['address6', 'fd00::1', 'fd00' + '0'.repeat(27) + '1', 'fd00' + '0'.repeat(27) + '1', undefined],
  ['mac', '52:54:00:12:34:56', '525400123456', '525400123456', [0x52, 0x54, 0, 0x12, 0x34, 0x56]],
  ['mac', '0x525400123456', '525400123456', '525400123456', [0x52, 0x54, 0, 0x12, 0x34, 0x56]],
  ['mac', [1, 2], '010200000000', '010200000000', [1, 2, 0, 0, 0, 0]],
  [
    'grid',
    [[1], [2, 3, 4]],
    '010000000000000000000000020000000300000004000000',
    '000000010000000000000000000000020000000300000004',
    [
      [1, 0, 0],
      [2, 3, 4],
    ],
  ],
  [
    'pointer',
    '0xffff888000000000',
    '00000000' + '8088ffff',
    'ffff888000000000',
    { int: String(0xffff888000000000n) },
  ],
];

for (const target of ['bpfel', 'bpfeb'] as const) {
  t.test(`values to bytes and back, ${target}`, async t => {
    const { btf, littleEndian, typeOf } = compiled(t, target);
    t.equal(littleEndian, target === 'bpfel');
    for (const [name, value, little, big, read] of ROWS) {
      const bytes = encodeValue(btf, typeOf(name), value, name, littleEndian);
      t.equal(bytes.toString('hex'), littleEndian ? little : big, `${name}: ${String(value)}`);
      const shown = decodeValue(btf, typeOf(name), bytes, littleEndian);
      const expected = name === 'address' ? bytes[littleEndian ? 'readUInt32LE' : 'readUInt32BE']() : read;
      if (name === 'address6') t.same(shown, [...bytes]);
      else t.strictSame(shown, expected ?? value, `${name}: ${String(value)} is read`);
    }
    const rule = encodeValue(btf, typeOf('rule'), RULE, 'rule', littleEndian);
    t.match(decodeValue(btf, typeOf('rule'), rule, littleEndian), {
      key: { mac: [0x52, 0x54, 0, 0x12, 0x34, 0x56], port: 9000 },
      action: 'DROP',
      number: 0x10002,
      ...(littleEndian ? { low: 2, high: 1 } : { low: 1, high: 2 }),
      first: 5,
      second: 17,
      third: -700,
      hits: [1, { int: '18446744073709551615' }, 0],
    });
    const in6 = encodeValue(btf, typeOf('in6'), 'fd00::2', 'in6', littleEndian);
    t.match(decodeValue(btf, typeOf('in6'), in6, littleEndian), {
      in6_u: { u6_addr8: [0xfd, ...Array<number>(14).fill(0), 2] },
    });
  });
}

t.test('a struct has the bytes that the compiler gives it, bit fields too', async t => {
  for (const target of ['bpfel', 'bpfeb'] as const) {
    const { btf, littleEndian, typeOf, initial } = compiled(t, target);
    const value = {
      key: { src: 1, mac: [2, 3], port: 9000 },
      action: 'DROP',
      low: 1,
      high: 2,
      first: 5,
      second: 17,
      third: -700,
      hits: [1, 2],
    };
    const bytes = encodeValue(btf, typeOf('rule'), value, 'rule', littleEndian);
    t.equal(bytes.toString('hex'), initial('rule').toString('hex'), target);
  }
});

t.test('what does not fit is refused with its path', async t => {
  const { btf, typeOf } = compiled(t, 'bpfel');
  const rows: [string, unknown, string][] = [
    ['byte', 300, 'at: 300 does not fit into __u8'],
    ['byte', -1, 'at: -1 does not fit into __u8'],
    ['small', 128, 'at: 128 does not fit into __s8'],
    ['plain', '5 apples', 'at: "5 apples" is no number; it is __u32'],
    ['plain', 1.5, 'at: 1.5 is no number; it is __u32'],
    ['plain', '203.0.113.800', 'at: "203.0.113.800" is no IPv4 address and no number; it is __u32'],
    ['plain', [1], 'at: [1] is no number; it is __u32'],
    ['plain', 'fd00::1', 'at: "fd00::1" is no number; it is __u32'],
    ['plain', null, 'at: has no value; it is __u32'],
    ['wide', 2 ** 60, 'at: 1152921504606847000 is not exact: put a number beyond 2^53 in quotes'],
    ['wide', '198.18.0.1', 'at: "198.18.0.1" is no number; it is __u64'],
    ['flag', 2, 'at: 2 does not fit into _Bool'],
    ['real', 'x', 'at: "x" is no number; it is double'],
    ['action', 'DORP', 'at: "DORP" is no number and no name of enum action, did you mean `DROP`?'],
    ['comm', 'seventeen letters', 'at: "seventeen letters" has 17 bytes, more than char[16]'],
    ['comm', 5, 'at: 5 is no list; it is char[16]'],
    ['mac', [1, 2, 3, 4, 5, 6, 7], 'at: 7 elements are more than fit into __u8[6]'],
    ['mac', [1, 256], 'at[1]: 256 does not fit into __u8'],
    ['mac', '0x5254', 'at: "0x5254" has 2 bytes; __u8[6] has 6'],
    ['mac', '198.18.0.1', 'at: "198.18.0.1" is no list; it is __u8[6]'],
    ['grid', [[1], [2, 'x']], 'at[1][1]: "x" is no number; it is __u32'],
    ['rule', 5, 'at: 5 does not give the members of struct rule'],
    ['rule', [5], 'at: [5] does not give the members of struct rule'],
    [
      'rule',
      { key: { scr: 1 } },
      'at.key: struct tuple has no member `scr`, did you mean `src`? (has src, mac, port)',
    ],
    ['rule', { key: { port: 70_000 } }, 'at.key.port: 70000 does not fit into __u16'],
    ['rule', { first: 8 }, 'at.first: 8 does not fit into __u8:3'],
    ['rule', { third: 1024 }, 'at.third: 1024 does not fit into __s16:11'],
    ['rule', { number: 1, high: 2 }, 'at: `number` and `high` of struct rule share their memory: give one'],
    ['deep', { a: {}, b: {} }, 'at: `a` and `b` of union u18 share their memory: give one'],
  ];
  for (const [name, value, message] of rows) {
    const refused = { code: 'scenario', message, name: BpfrigError.name };
    t.throws(() => encodeValue(btf, typeOf(name), value, 'at', true), refused, message);
  }
  t.doesNotThrow(
    () => encodeValue(btf, typeOf('rule'), { low: 1, high: 2 }, 'at', true),
    'two of one anonymous struct',
  );
  t.throws(() => decodeValue(btf, typeOf('wide'), Buffer.alloc(4), true), { message: /has 4 bytes, not 8/ });
});

t.test('what has too many parts is shown as hex, at once', async t => {
  const { btf, typeOf } = compiled(t, 'bpfel');
  const began = performance.now();
  t.equal(decodeValue(btf, typeOf('long_one'), Buffer.alloc(5000, 7), true), `0x${'07'.repeat(5000)}`);
  t.match(JSON.stringify(decodeValue(btf, typeOf('deep'), Buffer.from([7]), true)), /"0x07"/);
  t.ok(performance.now() - began < 2000);
});

t.test('what is not printable in a text', async t => {
  const { btf, typeOf } = compiled(t, 'bpfel');
  const rows: [string, string][] = [
    ['c3bc00ff', 'ü'],
    ['1b5b336d', '\\x1b[3m'],
    ['ff41000a', '\\xffA'],
    ['c29b3000', '\\x9b0'],
  ];
  for (const [hex, text] of rows)
    t.equal(decodeValue(btf, typeOf('four'), Buffer.from(hex, 'hex'), true), text, hex);
});

t.test('any bytes that are read can be written again', async t => {
  const { btf, typeOf } = compiled(t, 'bpfel');
  for (const name of ['small', 'wide', 'widest', 'action', 'large', 'address', 'mac', 'grid', 'pointer']) {
    const size = btf.sizeOf(typeOf(name));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: size, maxLength: size }), array => {
        const bytes = Buffer.from(array);
        const again = encodeValue(btf, typeOf(name), decodeValue(btf, typeOf(name), bytes, true), name, true);
        return again.equals(bytes);
      }),
    );
  }
  t.pass();
});
