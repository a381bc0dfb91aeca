import t from 'tap';
import { AgentError } from './agent-error.ts';
import { findLeaks, forgetLeaks, summariseLeaks } from './leaks.ts';
import type { AgentCaller } from './protocol.ts';

/** As print_unreferenced() of 6.12 writes it. */
const RING = `unreferenced object 0xffff888104a3e100 (size 256):
  comm "bpfrig-agent", pid 77, jiffies 4294895431
  hex dump (first 32 bytes):
    01 00 00 00 07 00 00 00 40 5b 82 c0 ff ff ff ff  ........@[......
    00 d0 a3 04 81 88 ff ff 00 00 00 00 00 00 00 00  ................
  backtrace (crc 5c3ab4f1):
    kmemleak_alloc+0x4b/0x80
    __kmalloc_node_noprof+0x2f3/0x470
    bpf_map_kmalloc_node+0x8e/0x190
    cpu_map_update_elem+0x1bc/0x9d0
    bpf_map_update_value+0x1a5/0x4c0
    __sys_bpf+0x11b8/0x3b70
    do_syscall_64+0x82/0x190
    entry_SYSCALL_64_after_hwframe+0x76/0x7e
`;

/** As 5.10 writes it. */
const OLD = `unreferenced object 0xffff888104a3e800 (size 64):
  comm "kworker/0:1", pid 12, jiffies 4294893012 (age 12.345s)
  hex dump (first 32 bytes):
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  ................
  backtrace:
    [<00000000a1b2c3d4>] kmem_cache_alloc_trace+0x151/0x2a0
    [<000000001f2e3d4c>] pcpu_create_chunk+0x1a/0x1c0
`;

/** From 6.13 on. */
const PER_CPU = `unreferenced percpu object 0x607f9e1c2a40 (size 96):
  comm "bpfrig-agent", pid 77, jiffies 4294895431
  hex dump (first 32 bytes on cpu 2):
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  ................
  backtrace (crc 0):
    pcpu_alloc_noprof+0x5b1/0xc20
    bpf_map_alloc_percpu+0x9a/0x190
    cpu_map_update_elem+0x21f/0x9d0
`;

t.test('a report is one line: how many, how large, and who allocated the first', async t => {
  const rows: [string, string][] = [
    [RING, 'kmemleak: 1 unreferenced object of size 256 allocated in cpu_map_update_elem'],
    [RING + OLD, 'kmemleak: 2 unreferenced objects, the first of size 256 allocated in cpu_map_update_elem'],
    [OLD, 'kmemleak: 1 unreferenced object of size 64 allocated in pcpu_create_chunk'],
    [PER_CPU, 'kmemleak: 1 unreferenced object of size 96 allocated in cpu_map_update_elem'],
    [
      RING.replace(/ {4}bpf_map_kmalloc[^]*/, ''),
      'kmemleak: 1 unreferenced object of size 256 allocated in kmemleak_alloc',
    ],
    [RING.replace(/ {4}kmemleak_alloc[^]*/, ''), 'kmemleak: 1 unreferenced object of size 256'],
    ['something else\n', 'kmemleak: something else'],
  ];
  for (const [report, line] of rows) t.equal(summariseLeaks(report)?.line, line);
  t.equal(summariseLeaks(''), null);
  t.equal(summariseLeaks('\n'), null);
});

t.test('the head has the first two objects', async t => {
  const head = summariseLeaks([RING, OLD, PER_CPU, RING].join(''))?.head ?? [];
  t.equal(`${head.join('\n')}\n`, RING + OLD);
  t.equal(`${summariseLeaks(RING)?.head.join('\n')}\n`, RING);
});

/** A guest with a leak detector; what is written into its file is kept. `off`: refused as by one that is switched off. */
function detector(report: string, off: (command: string) => boolean = () => false) {
  const commands: string[] = [];
  const call = (async (op: string, args: { readonly data: string; readonly offset: number }) => {
    if (op === 'read_bytes') return { data: Buffer.from(report).subarray(args.offset).toString('hex') };
    if (off(args.data)) {
      const failure = {
        kind: 'kernel',
        errno: 'EPERM',
        code: 1,
        where: 'write',
        message: '',
        log: null,
      } as const;
      throw new AgentError(op, failure);
    }
    commands.push(args.data);
    return {};
  }) as unknown as AgentCaller['call'];
  return { guest: { call }, commands };
}

t.test('only two scans find a leak, and what was there before is forgotten', async t => {
  const { guest, commands } = detector(RING);
  t.equal(await forgetLeaks(guest, 1), true);
  t.same(commands, ['scan=off', 'scan', 'scan', 'clear']);
  commands.splice(0);
  t.equal(await findLeaks(guest, 1), RING);
  t.same(commands, ['scan', 'scan']);
});

t.test('a detector that is switched off does not search, at the start or later', async t => {
  const never = detector(RING, () => true);
  t.equal(await forgetLeaks(never.guest, 1), false);
  t.equal(await findLeaks(never.guest, 1), null);
  const later = detector(RING, command => command === 'clear');
  t.equal(await forgetLeaks(later.guest, 1), false);
});
