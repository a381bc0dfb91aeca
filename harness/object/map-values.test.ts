import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { byteOrderOf } from '../arch/byte-order.ts';
import { globalBytes, globalSections, readGlobals } from './global-bytes.ts';
import { keyBytes, showKey, showValue, untypedBytes, valueBytes, type MapShape } from './map-values.ts';
import { readObject } from './read-object.ts';

const SOURCE = `#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
struct key { __u32 address; __u16 port; __u8 pad[2]; };
struct rec { __u64 packets; __u32 bytes; };
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __type(key, struct key); __type(value, struct rec); } flows SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 2); __type(key, __u32); __type(value, __u32); } stats SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 2); __type(key, __u32); __type(value, __u16[2]); } pairs SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __uint(key_size, 4); __uint(value_size, 6); } plain SEC(".maps");
__u64 seen;
int level = 3;
volatile const struct key first = {};
volatile const bool strict;
SEC("xdp") int p(struct xdp_md *ctx)
{
	__u32 key = level;
	__sync_fetch_and_add(&seen, strict + first.port);
	bpf_map_lookup_elem(&flows, &key);
	bpf_map_lookup_elem(&stats, &key);
	bpf_map_lookup_elem(&pairs, &key);
	bpf_map_lookup_elem(&plain, &key);
	return XDP_PASS;
}
char LICENSE[] SEC("license") = "GPL";
`;

function contentsOf(t: Test) {
  const dir = t.testdir({ 'o.bpf.c': SOURCE });
  const object = join(dir, 'o.bpf.o');
  const includes = ['-I/usr/include/x86_64-linux-gnu'];
  execFileSync('clang', [
    '-O2',
    '-g',
    '-target',
    'bpf',
    ...includes,
    '-c',
    join(dir, 'o.bpf.c'),
    '-o',
    object,
  ]);
  return readObject(object);
}

function shapesOf(t: Test): (name: string) => MapShape {
  const contents = contentsOf(t);
  return name => {
    const map = contents.maps.find(one => one.name === name);
    if (map === undefined) throw new Error(`no map ${name}`);
    const { type, keySize, valueSize } = map;
    return { type, keySize, valueSize, declared: { contents, map }, byteOrder: byteOrderOf(contents) };
  };
}

t.test('keys and values by their types, and back', t => {
  const shape = shapesOf(t);
  const flows = shape('flows');
  const key = keyBytes(flows, { address: '198.18.0.1', port: 53 }, 'key');
  t.equal(key.toString('hex'), 'c612000135000000');
  t.same(showKey(flows, key), { address: 0x010012c6, port: 53, pad: [0, 0] });
  const value = valueBytes(flows, { packets: 1 }, 'value', 1);
  t.equal(value.toString('hex'), '01000000000000000000000000000000');
  t.same(showValue(flows, value), { packets: 1, bytes: 0 });
  t.equal(keyBytes(flows, 'c612000135000000', 'key').toString('hex'), 'c612000135000000', 'hex as it is');
  t.throws(() => keyBytes(flows, { adress: 1 }, 'fill.entries[3].key'), {
    code: 'scenario',
    message: /^fill\.entries\[3\]\.key: struct key has no member `adress`, did you mean `address`\?/,
  });
  t.end();
});

t.test('a per-CPU value: one for all CPUs, or a list, each at 8 bytes', t => {
  const stats = shapesOf(t)('stats');
  t.equal(valueBytes(stats, 7, 'value', 2).toString('hex'), '07000000000000000700000000000000');
  const list = valueBytes(stats, [1, 2], 'value', 2);
  t.equal(list.toString('hex'), '01000000000000000200000000000000');
  t.same(showValue(stats, list), [1, 2]);
  t.throws(() => valueBytes(stats, [1, 2, 3], 'update.value', 2), {
    message: /^update\.value: 3 values; the guest has 2 possible CPUs/,
  });
  t.throws(() => valueBytes(stats, [1, -2], 'update.value', 2), { message: /^update\.value\[1\]: -2/ });
  const pairs = shapesOf(t)('pairs');
  t.same(
    showValue(pairs, valueBytes(pairs, [1, 2], 'value', 2)),
    [
      [1, 2],
      [1, 2],
    ],
    'a list that is one value is that of each CPU',
  );
  t.end();
});

t.test('without a type: numbers, addresses, and hex', t => {
  const plain = shapesOf(t)('plain');
  t.equal(keyBytes(plain, 258, 'key').toString('hex'), '02010000');
  t.equal(keyBytes(plain, '0x010012c6', 'key').toString('hex'), 'c6120001', 'digits make a number');
  t.equal(keyBytes(plain, '198.18.0.1', 'key').toString('hex'), 'c6120001');
  t.equal(valueBytes(plain, '52:54:00:12:34:56', 'value', 1).toString('hex'), '525400123456');
  t.equal(valueBytes(plain, '0102030405ff', 'value', 1).toString('hex'), '0102030405ff');
  t.equal(showValue(plain, Buffer.from('0102030405ff', 'hex')), '0x0102030405ff');
  t.equal(untypedBytes(-1, 2, 'x', 'little').toString('hex'), 'ffff');
  t.equal(untypedBytes(0, 0, 'x', 'little').length, 0, 'a queue has no keys');
  const bigEndian = { ...plain, declared: null, byteOrder: 'big' } as const;
  t.equal(keyBytes(bigEndian, 258, 'key').toString('hex'), '00000102');
  t.equal(keyBytes(bigEndian, '0x010012c6', 'key').toString('hex'), '010012c6', 'digits make a number');
  t.equal(keyBytes(bigEndian, '198.18.0.1', 'key').toString('hex'), 'c6120001', 'network order everywhere');
  t.equal(keyBytes(bigEndian, '02010000', 'key').toString('hex'), '02010000', 'hex as it is');
  for (const [value, message] of [
    [65_536, 'x: 65536 does not fit into 2 bytes'],
    [-32_769, /does not fit/],
    ['010203', /"010203" is no number, and not 2 bytes/],
    [{ a: 1 }, 'x: {"a":1} is no number, and not 2 bytes in hex (the object has no type for it)'],
  ] as const)
    t.throws(() => untypedBytes(value, 2, 'x', 'little'), { code: 'scenario', message });
  t.end();
});

t.test('a map that has another size than the object declares is untyped', t => {
  const flows = { ...shapesOf(t)('flows'), valueSize: 4 };
  t.equal(valueBytes(flows, 9, 'value', 1).toString('hex'), '09000000');
  t.equal(showValue(flows, Buffer.from('09000000', 'hex')), '0x09000000');
  t.end();
});

t.test('global variables by their types, and back', t => {
  const contents = contentsOf(t);
  t.same(globalSections(contents).toSorted(), ['.bss', '.data', '.rodata']);
  const bytes = globalBytes(contents, { seen: 5, level: -1, strict: true, first: { port: 53 } }, 'globals');
  t.match(
    bytes.map(({ section, hex }) => [section, hex]),
    [
      ['.bss', '0500000000000000'],
      ['.data', 'ffffffff'],
      ['.rodata', '01'],
      ['.rodata', '0000000035000000'],
    ],
  );
  t.same(readGlobals(contents, '.data', Buffer.from('ffffffff', 'hex')), { level: -1 });
  const cases = [
    [{ sen: 1 }, /^globals: o\.bpf\.o has no global variable `sen`, did you mean `seen`\? \(it has /],
    [{ level: 2 ** 31 }, /^globals\.level: 2147483648 does not fit into int/],
    [{ first: { prt: 1 } }, /^globals\.first: .*struct key has no member `prt`/],
  ] as const;
  for (const [values, message] of cases)
    t.throws(() => globalBytes(contents, values, 'globals'), { code: 'scenario', message });
  t.end();
});
