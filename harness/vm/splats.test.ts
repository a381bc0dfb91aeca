import t from 'tap';
import { consoleLines, scanLine, scanLog } from './splats.ts';

const panics = ['[    1.2] Kernel panic - not syncing: Fatal exception in interrupt'];
const splats = [
  '[   12.3] kernel BUG at net/core/skbuff.c:1730!',
  'BUG: kernel NULL pointer dereference, address: 0000000000000008',
  'WARNING: CPU: 2 PID: 61 at kernel/bpf/cpumap.c:142 __cpu_map_ring_cleanup+0x3a/0x60',
  'WARNING: possible circular locking dependency detected',
  'invalid opcode: 0000 [#1] PREEMPT SMP NOPTI Oops: 0002 [#1]',
  'INFO: task kworker/0:1:12 blocked for more than 120 seconds.',
  'rcu: INFO: rcu_preempt self-detected stall on CPU',
  'rcu: INFO: rcu_sched detected stalls on CPUs/tasks:',
  'watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [pktgen:77]',
  'Out of memory: Killed process 99 (agent)',
  'BUG: KASAN: use-after-free in cpu_map_kthread_run',
];
const harmless = [
  'Driver unsupported XDP return value 0 on prog entry_aborted (id 12) dev N/A, expect packet loss!',
  'pktgen: Packet Generator for packet performance testing. Version: 2.75',
  'virtio_net virtio1 rx: XDP request 5 queues but max is 1. XDP_TX and XDP_REDIRECT will operate in a slower locked tx mode.',
  'rcu: Hierarchical RCU implementation.',
  'bpfrig: ready',
];

for (const line of panics) t.equal(scanLine(line)?.kind, 'panic', line);
for (const line of splats) t.equal(scanLine(line)?.kind, 'splat', line);
for (const line of harmless) t.equal(scanLine(line), null, line);

t.equal(scanLog([...harmless, ...splats, ...panics]).length, splats.length + panics.length);

t.test('a console of megabytes without an end of line is read at once', async t => {
  const rows: [string, string][] = [
    ['carriage returns', '\r'.repeat(1_000_000)],
    ['carriage returns within a line', `${'\r'.repeat(1_000_000)}x\n`],
    ['beginnings of splats', 'rcu INFO: task '.repeat(100_000)],
  ];
  for (const [what, text] of rows) {
    const began = performance.now();
    scanLog(consoleLines(text));
    t.ok(performance.now() - began < 1000, `${what}: ${performance.now() - began} ms`);
  }
  t.same(consoleLines('a\r\r\nb\rc\n\r'), ['a', 'b\rc', '\r']);
});
