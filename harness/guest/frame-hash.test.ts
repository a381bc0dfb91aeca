import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { frameHash, tagged, untag } from './frame-hash.ts';

const PLAIN = Buffer.from('525400b9f002525400b9f0010800450000320000', 'hex');
const TAGGED = Buffer.from('525400b9f002525400b9f001810000640800450000320000', 'hex');

t.test('a VLAN tag is outside of the bytes, as at tc ingress', async t => {
  t.same(untag(PLAIN), { bytes: PLAIN, tag: 0 });
  t.same(untag(TAGGED), { bytes: PLAIN, tag: 0x8100_0064 });
  t.same(tagged(untag(TAGGED)), TAGGED);
  const both = tagged({ bytes: TAGGED, tag: 0x88a8_0007 });
  t.same(untag(both), { bytes: TAGGED, tag: 0x88a8_0007 }, 'of two tags the outer one');
  t.equal(untag(TAGGED.subarray(0, 17)).tag, 0, 'a frame without room for a tag has none');
});

t.test('every byte, the length and the tag are in the hash', async t => {
  const frame = Buffer.from(Array.from({ length: 130 }, (_, at) => (at * 7) & 0xff));
  const others = [...frame].map((byte, at) => {
    const other = Buffer.from(frame);
    other[at] = byte ^ 0x80;
    return frameHash(other, 'little');
  });
  const zero = Buffer.concat([frame, Buffer.alloc(1)]);
  const all = [frame, zero, tagged({ bytes: frame, tag: 0x8100_0000 })].map(one => frameHash(one, 'little'));
  t.equal(new Set([...all, ...others]).size, 133);
});

t.test('the same hash as the classifier', async t => {
  // Of a run of bpf/stack.bpf.c on 6.18 over these frames.
  const frame = (length: number): Buffer =>
    Buffer.from(
      Array.from({ length }, (_, at) => (at === 12 ? 0x08 : at === 13 ? 0 : (at * 7 + length) & 0xff)),
    );
  const known: readonly [length: number, hash: string][] = [
    [60, '0b5087f598346536'],
    [64, '11c19333c70204e3'],
    [65, '8a1e12117bddfb49'],
    [1024, 'e9d70e7fe15288f9'],
    [1025, '231d2fbd2b1c2f43'],
    [1500, '24efa641d39d1a9b'],
  ];
  for (const [length, hash] of known) t.equal(frameHash(frame(length), 'little'), hash, `${length} bytes`);
  const source = readFileSync(join(PACKAGE_ROOT, 'bpf', 'stack_described.h'), 'utf8');
  t.match(source, /HASH_SEED\s+0xcbf29ce484222325ULL/);
  t.match(source, /HASH_PRIME\s+0x100000001b3ULL/);
});

t.test('on a big-endian guest the words begin with their high bytes', async t => {
  // One word: FNV's seed with length and tag, then the bytes as the number that such a CPU loads.
  const mix = (hash: bigint, word: bigint): bigint => {
    const product = BigInt.asUintN(64, (hash ^ word) * 0x100000001b3n);
    return product ^ (product >> 32n);
  };
  const frame = Buffer.from('0102030405060708', 'hex');
  const words = [8n, 0n, 0x0102_0304_0506_0708n, 0n, 0n, 0n, 0n, 0n, 0n, 0n];
  const hash = words.reduce(mix, 0xcbf29ce484222325n);
  t.equal(frameHash(frame, 'big'), hash.toString(16).padStart(16, '0'));
  t.not(frameHash(frame, 'big'), frameHash(frame, 'little'));
});
