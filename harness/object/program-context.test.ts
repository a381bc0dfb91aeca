import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { BpfObject } from './object.ts';
import { impliedType, wordsContext } from './program-context.ts';
import { readObject } from './read-object.ts';

const SOURCE = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("xdp_router") int router(struct xdp_md *ctx) { return XDP_PASS; }
SEC("?own") int on_demand(struct xdp_md *ctx) { return XDP_PASS; }
SEC("my_ops") int ops(struct bpf_sock_ops *ctx) { return 0; }
SEC("my_messages") int messages(struct sk_msg_md *ctx) { return 1; }
SEC("my_skb") int any_skb(struct __sk_buff *ctx) { return 0; }
SEC("my_words") int words(__u64 *ctx) { return 0; }
SEC("xdp") int plain(struct xdp_md *ctx) { return XDP_PASS; }
SEC("xdp/cpumap") int entry(struct xdp_md *ctx) { return XDP_PASS; }
`;

function compiled(t: Test, ...flags: string[]): BpfObject {
  const out = join(t.testdir({ 'o.bpf.c': SOURCE }), 'o.bpf.o');
  const argv = ['-O2', ...flags, '-target', 'bpf', '-I/usr/include/x86_64-linux-gnu'];
  execFileSync('clang', [...argv, '-c', join(t.testdirName, 'o.bpf.c'), '-o', out]);
  return readObject(out);
}

t.test('the context says the type where the section does not, and only one type has it', async t => {
  const object = compiled(t, '-g');
  const types = Object.fromEntries(object.programs.map(one => [one.name, impliedType(object, one)]));
  t.strictSame(types, {
    router: 'xdp',
    on_demand: 'xdp',
    ops: 'sock_ops',
    messages: 'sk_msg',
    any_skb: null,
    words: null,
    plain: null,
    entry: null,
  });
});

t.test('an object without types says nothing', async t => {
  const object = compiled(t);
  t.ok(object.programs.every(one => impliedType(object, one) === null));
});

t.test('a context of words, in the byte order of the guest', async t => {
  t.equal(wordsContext([1, -2], 'little').toString('hex'), '0100000000000000feffffffffffffff');
  t.equal(wordsContext([1, -2], 'big').toString('hex'), '0000000000000001fffffffffffffffe');
  t.throws(() => wordsContext([0.5], 'big'), { code: 'scenario', message: '`ctx`: 0.5 is no whole number' });
});
