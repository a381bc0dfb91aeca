import { join } from 'node:path';
import t from 'tap';
import { scenarioOf } from '../oracle/made-up.fixture.ts';
import { checkSteps } from './check-steps.ts';
import { indexPrograms } from './programs.ts';

const OBJECT = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct key { __u32 address; __u16 port; };
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, struct key); __type(value, __u8); } rules SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 8); __type(key, __u32); __type(value, __u8); } stats SEC(".maps");
__u64 seen;
SEC("xdp") int filter(struct xdp_md *ctx)
{
	__u32 key = seen++;
	return bpf_map_lookup_elem(&rules, &key) || bpf_map_lookup_elem(&stats, &key) ? XDP_DROP : XDP_PASS;
}
char LICENSE[] SEC("license") = "GPL";
`;

t.test('names and values of steps are compared with the objects before a guest boots', async t => {
  const dir = t.testdir({ 'fw.bpf.c': OBJECT });
  const object = { name: 'fw', label: 'fw.bpf.c', path: join(dir, 'fw.bpf.c'), cflags: [], dir };
  const index = await indexPrograms({ objects: [object] }, { arch: 'amd64', cacheDir: join(dir, 'cache') });
  const check = (steps: string): void => {
    const text = `title: t\nsource: s\ntopology: veth\nobjects: [fw.bpf.c]\nsetup:\n${steps}\nexpect: ['sent == 0']\n`;
    for (const variant of scenarioOf(text).variants) checkSteps(variant, index);
  };
  check(`  - load: { object: fw, globals: { seen: 3 }, sizes: { rules: 9 } }
  - fill: { map: fw.rules, entries: [{ key: { address: 198.18.0.1 }, value: 1 }] }
  - update: { map: stats, key: 1, value: [1, 2, 3] }
  - lookup: { map: fw..bss, key: 0 }
  - load: { program: redirect_to_cpu, config: { cpu: 2 }, name: mine }
  - attach: { program: fw.filter, to: rx, mode: native }
  - attach: { program: mine, to: tx, mode: native }
  - map: { name: other, type: hash, key_size: 2, value_size: 2, max_entries: 1 }
  - map: { name: rules, type: hash, key_size: 4, value_size: 4, max_entries: 1 }
  - update: { map: other, key: 7, value: 7 }`);
  const cases: readonly (readonly [string, RegExp])[] = [
    ['load: { object: wf }', /^line 6: load: the scenario has no object `wf`, did you mean `fw`\?/],
    ['load: { object: fw, globals: { sen: 1 } }', /^line 6: load: globals: .* `sen`, did you mean `seen`\?/],
    ['load: { object: fw, sizes: { rule: 1 } }', /^line 6: load: sizes: .* `rule`, did you mean `rules`\?/],
    ['load: { object: fw, maps: { rules: stat } }', /no map `stat`, did you mean `stats`\?/],
    ['load: { object: fw, programs: [filtr] }', /^line 6: load: programs: .*did you mean `filter`\?/],
    [
      'attach: { program: fw.filtr, to: rx, mode: native }',
      /no program `fw\.filtr`, did you mean `filter`\?/,
    ],
    ['load: { program: filter, config: { seen: -1 } }', /^line 6: load: config\.seen: -1 does not fit/],
    [
      'fill: { map: fw.rule, entries: [{ key: 1, value: 1 }] }',
      /no map `fw\.rule`, did you mean `rules`\?: fw\.bpf\.c/,
    ],
    [
      'fill: { map: fw.rules, entries: [{ key: { address: 1 }, value: 1 }, { key: { port: 65536 } }] }',
      /^line 6: fill: entries\[1\]\.key\.port: 65536 does not fit/,
    ],
    ['update: { map: stats, key: 1, value: [1, 256] }', /^line 6: update: value\[1\]: 256 does not fit/],
    ['xsk_close: { socket: st }', /^line 6: xsk_close: no AF_XDP socket `st`: no step `xsk` opens it/],
    ['xsk: { name: s, device: rx, shared: t }', /no AF_XDP socket `t`.* \(known are s\)/],
    ['update: { map: other, key: 1, socket: { xsk: t } }', /no map `other`|no AF_XDP socket `t`/],
    ['xsk: { name: s, device: rx, map: rulse }', /no map `rulse`, did you mean `rules`\?/],
    [
      'repeat: { times: 2, steps: [{ lookup: { map: rulse, key: 1 } }] }',
      /no map `rulse`, did you mean `rules`\?/,
    ],
  ];
  for (const [step, message] of cases)
    t.throws(() => check(`  - ${step}`), { code: 'scenario', message }, step);
});
