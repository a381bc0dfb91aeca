import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { BpfrigError } from '../util/errors.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { readBtf } from './btf.ts';
import { parseObject } from './read-object.ts';

const SAMPLE = readFileSync(join(PACKAGE_ROOT, 'harness', 'cli', 'fuzz', 'corpus', 'object', 'many.o'));

/** Offsets in an ELF header, in bytes. */
const E = { machine: 18, shoff: 40, shentsize: 58, shnum: 60 } as const;

/** The sample with some bytes changed. */
function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(SAMPLE);
  change(bytes);
  return bytes;
}

function header(bytes: Buffer, index: number): number {
  return Number(bytes.readBigUInt64LE(E.shoff)) + index * 64;
}

t.test('an object that is damaged, or made to keep its reader busy, is refused at once', async t => {
  const rows: [string, Buffer, RegExp][] = [
    [
      'another architecture',
      changed(b => b.writeUInt16LE(62, E.machine)),
      /is an ELF file for x86-64, not for BPF/,
    ],
    ['the other byte order', changed(b => b.writeUInt8(2, 5)), /is an ELF file for machine 63232|cut off/],
    ['headers of 0 bytes', changed(b => b.writeUInt16LE(0, E.shentsize)), /cut off or damaged/],
    ['headers beyond the file', changed(b => b.writeBigUInt64LE(1n << 60n, E.shoff)), /cut off or damaged/],
    [
      '2^60 sections',
      changed(b => {
        b.writeUInt16LE(0, E.shnum);
        b.writeBigUInt64LE(1n << 60n, header(b, 0) + 32);
      }),
      /cut off or damaged/,
    ],
    [
      'sections that overlap',
      changed(b => {
        for (let index = 1; index < b.readUInt16LE(E.shnum); index += 1) {
          b.writeBigUInt64LE(0n, header(b, index) + 24);
          b.writeBigUInt64LE(BigInt(b.length), header(b, index) + 32);
        }
      }),
      /cut off or damaged/,
    ],
    ['nothing', Buffer.alloc(0), /is not an ELF file/],
    ['a header alone', SAMPLE.subarray(0, 64), /cut off or damaged/],
  ];
  for (const [what, bytes, expected] of rows) {
    const began = performance.now();
    t.throws(() => parseObject(bytes, 'x.o'), { message: expected }, what);
    t.ok(performance.now() - began < 500, `${what}: at once`);
  }
  for (let length = 0; length < SAMPLE.length; length += 97) {
    try {
      parseObject(SAMPLE.subarray(0, length), 'x.o');
    } catch (error) {
      if (!(error instanceof BpfrigError)) t.fail(`cut to ${length}: ${String(error)}`);
    }
  }
});

/** BTF with these types, each as its 32-bit words. */
function btf(...types: number[][]): Buffer {
  const words = types.flat();
  const bytes = Buffer.alloc(24 + words.length * 4 + 1);
  bytes.writeUInt16LE(0xeb9f, 0);
  bytes.writeUInt8(1, 2);
  bytes.writeUInt32LE(24, 4);
  bytes.writeUInt32LE(words.length * 4, 12);
  bytes.writeUInt32LE(words.length * 4, 16);
  bytes.writeUInt32LE(1, 20);
  words.forEach((word, index) => bytes.writeUInt32LE(word, 24 + index * 4));
  return bytes;
}

const KIND = { ptr: 2, array: 3, struct: 4, typedef: 8, const: 10 } as const;

/** One type that refers to another. */
function wrapper(kind: keyof typeof KIND, target: number): number[] {
  return [0, KIND[kind] << 24, target];
}

t.test('BTF that refers to itself without end is refused; a list is not', async t => {
  const struct = (member: number): number[] => [0, (KIND.struct << 24) | 1, 8, 0, member, 0];
  const rows: [string, Buffer, RegExp][] = [
    ['a typedef of itself', btf(wrapper('typedef', 1)), /type 1 contains itself/],
    ['two typedefs of each other', btf(wrapper('typedef', 2), wrapper('const', 1)), /contains itself/],
    ['a pointer to itself', btf(wrapper('ptr', 1)), /points to itself/],
    ['an array of itself', btf([0, KIND.array << 24, 0, 1, 1, 1]), /contains itself/],
    ['a struct in itself', btf(struct(1)), /contains itself/],
    ['a type that is not there', btf(wrapper('ptr', 7)), /refers to type 7, which does not exist/],
    [
      'a chain of thousands',
      btf(...Array.from({ length: 20_000 }, (_, index) => wrapper('ptr', index === 19_999 ? 0 : index + 2))),
      /more than 64 types/,
    ],
  ];
  for (const [what, bytes, expected] of rows) t.throws(() => readBtf(bytes), { message: expected }, what);
  const list = readBtf(btf(struct(2), wrapper('ptr', 1)));
  t.equal(list.nameOf(2), 'struct {…} *', 'struct list { struct list *next; }');
});
