import t from 'tap';
import { consoleLines, detectorsOff, scanLine, scanLog } from './splats.ts';

const panics = ['[    1.2] Kernel panic - not syncing: Fatal exception in interrupt'];
const splats = [
  '[   12.3] kernel BUG at net/core/skbuff.c:1730!',
  'BUG: kernel NULL pointer dereference, address: 0000000000000008',
  'WARNING: CPU: 2 PID: 61 at kernel/bpf/cpumap.c:142 __cpu_map_ring_cleanup+0x3a/0x60',
  'WARNING: possible circular locking dependency detected',
  'invalid opcode: 0000 [#1] PREEMPT SMP NOPTI Oops: 0002 [#1]',
  // die() in arch/x86/kernel/dumpstack.c, arch/arm64/kernel/traps.c, arch/s390/kernel/dumpstack.c, arch/riscv/kernel/traps.c.
  'divide error: 0000 [#1] SMP NOPTI',
  'Internal error: Oops - Undefined instruction: 0000000002000000 [#1] SMP',
  'Internal error: SP/PC alignment exception: 000000008a000000 [#2] PREEMPT SMP',
  'addressing exception: 0005 ilc:3 [#1] SMP',
  'Unable to handle kernel pointer dereference in virtual kernel address space',
  'Oops - illegal instruction [#1]',
  'INFO: task kworker/0:1:12 blocked for more than 120 seconds.',
  'rcu: INFO: rcu_preempt self-detected stall on CPU',
  'rcu: INFO: rcu_sched detected stalls on CPUs/tasks:',
  'watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [pktgen:77]',
  'Out of memory: Killed process 99 (agent)',
  'BUG: KASAN: use-after-free in cpu_map_kthread_run',
  'BUG: KASAN: slab-out-of-bounds in bq_enqueue+0x1f2/0x2a0',
  'BUG: KFENCE: use-after-free read in test_use_after_free_read+0xb3/0x143',
  'BUG: KCSAN: data-race in __ptr_ring_produce / cpu_map_kthread_run',
  'UBSAN: shift-out-of-bounds in ../kernel/bpf/cpumap.c:245:12',
  'UBSAN: array-index-out-of-bounds in net/core/filter.c:4211:9',
  // kernel/locking/lockdep.c.
  'WARNING: possible recursive locking detected',
  'WARNING: possible irq lock inversion dependency detected',
  'WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected',
  'WARNING: inconsistent lock state',
  'WARNING: chain_key collision',
  'WARNING: Nested lock was not taken',
  'WARNING: bad unlock balance detected!',
  'WARNING: bad contention detected!',
  'WARNING: held lock freed!',
  'WARNING: bpfrig-agent/77 still has locks held!',
  'WARNING: lock held when returning to user space!',
  'WARNING: suspicious RCU usage',
  '[ BUG: Invalid wait context ]',
  '[ INFO: possible circular locking dependency detected ]',
  'INFO: trying to register non-static key.',
  'DEBUG_LOCKS_WARN_ON(lock->magic != lock)',
  'BUG: key ffff888103f5d0a8 has not been registered!',
  'BUG: looking up invalid subclass: 8',
  'BUG: spinlock bad magic on CPU#1, cpumap/2/map:7/93',
  'BUG: sleeping function called from invalid context at mm/slab.h:310',
  'BUG: scheduling while atomic: cpumap/2/map:7/93/0x00000101',
  'BUG: workqueue lockup - pool cpus=2 node=0 flags=0x0 nice=0 stuck for 45s!',
  'BUG: workqueue leaked atomic, lock or RCU: kworker/2:1[45]',
  // mm/slub.c.
  'BUG kmalloc-64 (Not tainted): Right Redzone overwritten',
  'BUG skbuff_head_cache (Tainted: G    B   W         ): Poison overwritten',
  'BUG kmalloc-rnd-03-256 (Not tainted): Object already free',
  // lib/debugobjects.c.
  'ODEBUG: free active (active state 0) object: ffff888104f3c0d8 object type: timer_list hint: delayed_work_timer_fn+0x0/0x90',
  'ODEBUG: object 00000000f1b2c3d4 is on stack 00000000a1b2c3d4, but NOT annotated.',
  // lib/list_debug.c.
  'list_add corruption. next->prev should be prev (ffff88810a0b5c00), but was 0000000000000000. (next=ffff88810a0b5d00).',
  'list_add double add: new=ffff88810a0b5c00, prev=ffff88810a0b5c00, next=ffff88810a0b5d00.',
  'list_del corruption, ffff88810a0b5c00->next is LIST_POISON1 (dead000000000100)',
  'list_del corruption. prev->next should be ffff88810a0b5c00, but was ffff88810a0b5d00. (prev=ffff88810a0b5e00)',
  // lib/percpu-refcount.c.
  'percpu ref (css_release) <= 0 (-3) after switching to atomic',
  'percpu_ref_kill_and_confirm called more than once on css_release!',
  // net/core/page_pool.c.
  '[  121.5] page_pool_release_retry() stalled pool shutdown: id 4, 8 inflight 60 sec',
  'page_pool_empty_ring() page_pool refcnt 2 violation',
];
const harmless = [
  'Driver unsupported XDP return value 0 on prog entry_aborted (id 12) dev N/A, expect packet loss!',
  'pktgen: Packet Generator for packet performance testing. Version: 2.75',
  'virtio_net virtio1 rx: XDP request 5 queues but max is 1. XDP_TX and XDP_REDIRECT will operate in a slower locked tx mode.',
  'rcu: Hierarchical RCU implementation.',
  'net_rule[#1]: installed',
  'bpfrig: ready',
  'Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar',
  '... MAX_LOCKDEP_CHAINS:      65536',
  'INFO: lockdep is turned off.',
  'kmemleak: Kernel memory leak detector initialized (mem pool available: 15678)',
  'kmemleak: Automatic memory scanning thread started',
  // Found at boot, or by the scans of leaks.ts, which reads what it is about.
  'kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)',
  'kasan: KernelAddressSanitizer initialized (generic)',
  'kfence: initialized - using 2097152 bytes for 255 objects at 0x(____ptrval____)-0x(____ptrval____)',
  'kcsan: enabled early',
  'ODEBUG: selftest passed',
  'SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs=4, Nodes=1',
  // lib/fault-inject.c, fail_dump(), with the stack that follows it.
  'FAULT_INJECTION: forcing a failure.',
  'name failslab, interval 1, probability 100, space 0, times 1',
  'CPU: 2 UID: 0 PID: 93 Comm: cpumap/2/map:7 Not tainted 6.12.117 #1',
  'CPU: 2 UID: 0 PID: 93 Comm: cpumap/2/map:7 Tainted: G        W          6.12.117 #1',
  'Tainted: [W]=WARN',
  'Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2-debian-1.16.2-1 04/01/2014',
  'Call Trace:',
  ' <TASK>',
  ' dump_stack_lvl+0x7d/0xa0',
  ' should_fail_ex+0x3c1/0x4b0',
  ' should_failslab+0x6b/0xa0',
  ' kmem_cache_alloc_bulk_noprof+0x5e/0x5f0',
  ' ? rcu_read_lock_bh_held+0x5f/0x80',
  ' </TASK>',
];
const limits = [
  'BUG: MAX_LOCKDEP_ENTRIES too low!',
  'BUG: MAX_LOCKDEP_KEYS too low!',
  'BUG: MAX_LOCKDEP_CHAINS too low!',
  'BUG: MAX_LOCKDEP_CHAIN_HLOCKS too low!',
  'BUG: MAX_LOCK_DEPTH too low!',
  'BUG: MAX_STACK_TRACE_ENTRIES too low!',
  'kmemleak: Kernel memory leak detector disabled',
  'ODEBUG: Out of memory. ODEBUG disabled',
  'ODEBUG: out of memory.',
];

for (const line of panics) t.equal(scanLine(line)?.kind, 'panic', line);
for (const line of splats) t.equal(scanLine(line)?.kind, 'splat', line);
for (const line of [...harmless, ...limits]) t.equal(scanLine(line), null, line);

t.equal(scanLog([...harmless, ...splats, ...panics]).length, splats.length + panics.length);

t.test('a detector that switches itself off is no splat, and is reported with the remedy', async t => {
  for (const line of limits) t.match(detectorsOff([`[   12.3] ${line}`]), [/unseen: [^[].*\(.+\)$/], line);
  t.same(detectorsOff([...harmless, ...splats, ...panics]), []);
});

t.test('a console of megabytes without an end of line is read at once', async t => {
  const rows: [string, string][] = [
    ['carriage returns', '\r'.repeat(1_000_000)],
    ['carriage returns within a line', `${'\r'.repeat(1_000_000)}x\n`],
    ['beginnings of splats', 'rcu INFO: task '.repeat(100_000)],
    ['beginnings of others', 'BUG (Tainted: ODEBUG: percpu ref ('.repeat(100_000)],
  ];
  for (const [what, text] of rows) {
    const began = performance.now();
    scanLog(consoleLines(text));
    t.ok(performance.now() - began < 1000, `${what}: ${performance.now() - began} ms`);
  }
  t.same(consoleLines('a\r\r\nb\rc\n\r'), ['a', 'b\rc', '\r']);
});
