import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { NAMES } from '../oracle/subjects.ts';
import { loadScenarios } from '../scenario/load.ts';
import type { ResolvedVariant } from '../scenario/scenario.ts';
import { cacheRoot } from '../util/paths.ts';
import { neededFeatures, statedFeatures } from './implied-features.ts';
import { indexPrograms } from './programs.ts';
import { usesOf } from './uses.ts';

t.setTimeout(120_000);

async function variantOf(
  t: Test,
  text: string,
  files: Record<string, string> = {},
): Promise<ResolvedVariant> {
  const dir = t.testdir(files);
  writeFileSync(join(dir, 'one.yaml'), `title: one\nsource: a test\n${text}`);
  const [scenario] = await loadScenarios([join(dir, 'one.yaml')], { rootOf: () => dir, ...NAMES });
  const variant = scenario?.variants[0];
  if (variant === undefined) throw new Error('no variant');
  return variant;
}

const EXPECT = 'expect: [sent == 0]\n';

t.test('what a guest and its steps imply, before anything is compiled', async t => {
  const features = async (text: string) => statedFeatures(await variantOf(t, `${text}${EXPECT}`));
  t.strictSame(await features('requires: [cpumap-program]\n'), ['cpumap-program']);
  t.strictSame(await features('guest: { cpus: 4, numa: 2 }\n'), ['numa']);
  t.strictSame(await features('after:\n  - cpu: { cpu: 1, online: false }\n'), ['cpu-hotplug']);
  t.strictSame(
    await features('after:\n  - write: { path: /sys/devices/system/cpu/cpu1/online, value: 0 }\n'),
    ['cpu-hotplug'],
  );
  t.strictSame(await features('after:\n  - write: { path: /proc/sys/kernel/x, value: 0 }\n'), []);
  t.strictSame(await features('topology: veth\nsetup:\n  - xsk: { name: s, device: rx }\n'), ['af-xdp']);
  const entry = (socket: string) =>
    features(
      `topology: veth\nsetup:\n  - map: { name: m, type: xskmap, key_size: 4, value_size: 4, max_entries: 1 }\n  - update: { map: m, key: 0, socket: ${socket} }\n`,
    );
  t.strictSame(await entry('{ xdp: rx }'), ['af-xdp']);
  t.strictSame(await entry('tcp'), ['sockmap']);
  const ping = 'traffic:\n  - ping: { count: 1 }\n';
  t.strictSame(await features(`topology: veth\n${ping}`), ['policy-routing']);
  t.strictSame(await features(`topology: link\n${ping}`), [], 'each end is in a guest of its own');
});

const SOURCE = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
struct task_struct { int pid; } __attribute__((preserve_access_index));
SEC("fentry/do_nanosleep") int on_sleep(void *ctx) { return 0; }
SEC("tp_btf/sys_enter") int on_enter(void *ctx) { return 0; }
SEC("kprobe/do_nanosleep") int on_probe(void *ctx) { return 0; }
SEC("cgroup_skb/ingress") int on_skb(void *ctx) { return 1; }
SEC("xdp") int pass(struct xdp_md *ctx) { return 2; }
char LICENSE[] SEC("license") = "GPL";
`;
const CORE = `${SOURCE}SEC("raw_tp/x") int on_raw(void *ctx) { struct task_struct *one = (void *)bpf_get_current_task(); return BPF_CORE_READ(one, pid); }\n`;
const GLOBAL = `${SOURCE}__attribute__((noinline)) int verdict(struct xdp_md *ctx) { return ctx->data ? 2 : 1; }
SEC("xdp") int calls(struct xdp_md *ctx) { return verdict(ctx); }\n`;

t.test('what the programs of a scenario imply', async t => {
  const features = async (step: string, source = SOURCE) => {
    const text = `objects: [./one.bpf.c]\nsetup:\n  - ${step}\n${EXPECT}`;
    const variant = await variantOf(t, text, { 'one.bpf.c': source });
    const index = await indexPrograms(variant, { arch: 'amd64', cacheDir: cacheRoot() });
    return neededFeatures(variant, index);
  };
  t.strictSame(await features('attach: { program: on_sleep }'), ['btf', 'bpf-jit']);
  t.strictSame(await features('attach: { program: on_enter }'), ['btf']);
  t.strictSame(await features('attach: { program: one.on_probe }'), ['kprobes']);
  t.strictSame(await features('attach: { program: on_skb, cgroup: /x }'), ['cgroup-bpf']);
  t.strictSame(await features('load: { program: pass }'), []);
  t.strictSame((await features('load: { object: one }')).toSorted(), [
    'bpf-jit',
    'btf',
    'cgroup-bpf',
    'kprobes',
  ]);
  t.strictSame(await features('load: { object: one, programs: [pass] }'), []);
  t.strictSame(
    await features('load: { program: pass }', CORE),
    ['btf'],
    'CO-RE relocations of another program',
  );
  t.strictSame(
    await features('load: { program: pass }', GLOBAL),
    ['btf'],
    'a global function with the context',
  );
  t.strictSame(await features('attach: { program: nothing_of_that_name }'), []);
});

t.test('what the guests of a variant are made of', async t => {
  const uses = async (text: string) =>
    [...usesOf(await variantOf(t, `${text}${EXPECT}`))].filter(
      use => !['guest', 'bpf', 'cells'].includes(use),
    );
  t.strictSame(await uses(''), []);
  t.strictSame(await uses('topology: veth\ntraffic:\n  - pktgen: { on: tx, count: 1 }\n'), [
    'devices',
    'veth',
    'pktgen',
  ]);
  t.strictSame(await uses('topology: virtio\ncapture: [rx]\ntraffic:\n  - frames: { count: 1 }\n'), [
    'devices',
    'virtio',
    'packets',
    'pktgen',
  ]);
  t.strictSame(
    await uses(
      'topology: veth\ntraffic:\n  - repeat: { times: 2, steps: [{ send: { on: tx, count: 1 } }] }\n',
    ),
    ['devices', 'veth', 'packets'],
  );
});
