import t from 'tap';
import { AgentError } from './agent-error.ts';
import { spentDetectors } from './detectors.ts';
import type { AgentCaller } from './protocol.ts';

/** A guest with this /proc/lockdep_stats; null: without the file. */
function guestWith(stats: string | null): AgentCaller {
  const call = async (): Promise<{ data: string }> => {
    if (stats !== null) return { data: stats };
    throw new AgentError('read_file', {
      kind: 'kernel',
      errno: 'ENOENT',
      code: 2,
      where: 'open',
      message: 'opening /proc/lockdep_stats',
      log: null,
    });
  };
  return { call } as unknown as AgentCaller;
}

const WATCHING = ' lock-classes:    1763 [max: 8192]\n debug_locks:                             1\n';

const REPORT = '[    1.204] BUG: KASAN: slab-out-of-bounds in acpi_ns_lookup+0x1/0x2';

t.test('a kernel without detectors, and one whose detectors look', async t => {
  t.same(await spentDetectors(guestWith(null), ['[    0.000] Linux version 6.12.117']), []);
  t.same(await spentDetectors(guestWith(WATCHING), []), []);
});

t.test('lockdep that has reported is off, and so is KASAN', async t => {
  const off = WATCHING.replace(/1\n$/, '0\n');
  t.match(await spentDetectors(guestWith(off), []), [/^lockdep has been off since the guest's boot/]);
  t.match(await spentDetectors(guestWith(null), [REPORT]), [
    /reports only once: BUG: KASAN: slab-out-of-bounds in acpi_ns_lookup/,
  ]);
});

t.test('KASAN that reports more than once is not off', async t => {
  for (const begin of ['Command line:', 'Kernel command line:']) {
    const log = [`[    0.000] ${begin} console=ttyS0 kasan_multi_shot quiet`, REPORT];
    t.same(await spentDetectors(guestWith(null), log), []);
  }
});

t.test('what the kernel refuses otherwise is not taken for a kernel without lockdep', async t => {
  const call = async () => {
    throw new Error('the channel is gone');
  };
  await t.rejects(spentDetectors({ call } as unknown as AgentCaller, []), /the channel is gone/);
});
