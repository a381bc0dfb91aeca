import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from '../fault.ts';
import { asText, FOLDER, run } from '../scenarios.ts';

/** A CPU that is busy in softirq context for eight seconds, and a kernel that is made impatient by `settings`. */
function lockup(
  name: string,
  injected: string,
  settings: string,
  words: readonly RegExp[],
  sample = false,
): Fault {
  return {
    name: `kernel/${name}`,
    injected: `an XDP program keeps a CPU busy for eight seconds: ${injected}`,
    verdict: ['fail'],
    exit: [1],
    seconds: 60,
    words,
    sample,
    inject: place => {
      copyFileSync(join(FOLDER, 'spin.bpf.c'), join(place.dir, 'spin.bpf.c'));
      const scenario = `title: A CPU that is busy for eight seconds
source: a fixture of the fault suite
topology: veth
objects: [./spin.bpf.c]
setup:
  - exec: { argv: [busybox, sh, -c, ${JSON.stringify(asText(settings))}] }
  - attach: { program: spin, to: rx, mode: native }
traffic:
  - { exec: { argv: [busybox, sh, -c, "sleep 1; ip link add v9 type veth; ip link del v9"] }, background: true }
  - send: { on: tx, count: 1 }
  - wait: { for: 9000 }
expect:
  - sent == 1
  - stack.delivered == 1
`;
      return { argv: run(place, place.write('spin.yaml', scenario)) };
    },
  };
}

const RCU = '/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout';

/** What the kernel's own watchdogs report. */
export const LOCKUP_FAULTS: readonly Fault[] = [
  lockup('soft-lockup', 'a soft lockup', 'echo 1 > /proc/sys/kernel/watchdog_thresh', [/soft lockup/], true),
  lockup('rcu-stall', 'an RCU stall', `echo 0 > /proc/sys/kernel/soft_watchdog; echo 3 > ${RCU}`, [
    /rcu.*stall/,
  ]),
  lockup(
    'hung-task',
    'a task that waits for an RCU grace period hangs',
    'echo 0 > /proc/sys/kernel/soft_watchdog; echo 2 > /proc/sys/kernel/hung_task_timeout_secs',
    [/blocked for more than/],
  ),
];
