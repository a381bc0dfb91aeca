import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { scenarioOf } from '../oracle/made-up.fixture.ts';
import { checkAttachments } from './check-attach.ts';
import { indexPrograms } from './programs.ts';

const SOURCE = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("xdp") int xdp_pass(void *ctx) { return 2; }
SEC("tc") int tc_drop(void *ctx) { return 2; }
SEC("kprobe/do_filp_open") int on_open(void *ctx) { return 0; }
`;

async function check(t: Test, setup: string): Promise<void> {
  const dir = t.testdir({ 'mine.bpf.c': SOURCE });
  const object = { name: 'mine', label: 'mine.bpf.c', path: join(dir, 'mine.bpf.c'), cflags: [], dir };
  const index = await indexPrograms({ objects: [object] }, { arch: 'amd64', cacheDir: join(dir, 'cache') });
  const text = `title: t\nsource: s\ntopology: veth\nobjects: [mine.bpf.c]\nsetup:\n${setup}\nexpect: ['sent == 0']\n`;
  for (const variant of scenarioOf(text).variants) checkAttachments(variant, index);
}

t.test('programs where they belong', async t => {
  await check(t, '  - attach: { program: xdp_pass, to: rx, mode: native }');
  await check(t, '  - attach: { program: mine.tc_drop, tcx: { device: lo, direction: egress } }');
  await check(t, '  - attach: { program: on_open }');
  await check(t, '  - load: { program: tc_drop, name: mine }\n  - attach: { program: mine, tc: rx }');
  // Whoever gives a program another type knows why.
  await check(
    t,
    '  - load: { program: tc_drop, name: mine, type: xdp }\n  - attach: { program: mine, to: rx, mode: native }',
  );
});

t.test('a program in the wrong place is refused with line and place, without a guest', async t => {
  await t.rejects(check(t, '  - attach: { program: tc_drop, to: rx, mode: native }'), {
    code: 'scenario',
    message: /^line 6: `tc_drop` is a tc program; attach it with `tc: rx`/,
  });
  await t.rejects(
    check(
      t,
      '  - load: { program: tc_drop, name: mine }\n  - attach: { program: mine, to: rx, mode: native }',
    ),
    {
      message: /^line 7: `tc_drop` is a tc program/,
    },
  );
  await t.rejects(
    check(t, '  - repeat: { times: 2, steps: [{ attach: { program: xdp_pass, cgroup: / } }] }'),
    {
      message: /`xdp_pass` is an XDP program; attach it with `to: rx` and a `mode`/,
    },
  );
});
