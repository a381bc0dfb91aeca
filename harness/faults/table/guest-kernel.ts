import type { Fault, RedVerdict } from '../fault.ts';
import { inGuest, type Phase } from '../scenarios.ts';

interface Row {
  readonly name: string;
  readonly command: string;
  readonly injected: string;
  readonly verdict: readonly RedVerdict[];
  readonly words: readonly RegExp[];
  readonly phases?: readonly Phase[];
  readonly sample?: boolean;
  readonly seconds?: number;
  /** Further keys of the scenario. */
  readonly more?: string;
}

/** Leaves little of the guest's memory, by a file in a tmpfs: allocated and not written, since a command has 10 seconds. */
const EAT = 'mount -t tmpfs -o size=400m none /tmp; fallocate -l 300M /tmp/eaten;';
const SYSRQ = 'echo 1 > /proc/sys/kernel/sysrq;';
const ALL_PHASES = ['setup', 'traffic', 'after'] as const;
const RESET = [/reset|rebooted/i];
const POWER_OFF = [/power|shut/i];

const ROWS: readonly Row[] = [
  {
    name: 'panic',
    command: `${SYSRQ} echo c > /proc/sysrq-trigger`,
    injected: 'the kernel panics (sysrq c)',
    verdict: ['panic'],
    words: [/panicked/, /sysrq triggered crash/i],
    phases: ALL_PHASES,
    sample: true,
  },
  {
    name: 'reset',
    command: `${SYSRQ} echo b > /proc/sysrq-trigger`,
    injected: 'the guest resets itself (sysrq b)',
    verdict: ['panic'],
    words: RESET,
    phases: ALL_PHASES,
    sample: true,
  },
  {
    name: 'reboot',
    command: 'reboot -f',
    injected: 'reboot(2) in the guest',
    verdict: ['panic'],
    words: RESET,
  },
  {
    name: 'power-off',
    command: 'poweroff -f',
    injected: 'the guest powers itself off',
    verdict: ['panic'],
    words: POWER_OFF,
    phases: ALL_PHASES,
    sample: true,
  },
  {
    name: 'triple-fault',
    command:
      'echo triple > /sys/kernel/reboot/type; echo 1 > /sys/kernel/reboot/force 2>/dev/null; reboot -f',
    injected: 'the guest ends by a triple fault (/sys/kernel/reboot/type)',
    verdict: ['panic'],
    words: RESET,
    sample: true,
  },
  {
    name: 'reset-port',
    command: 'printf "\\006" | dd of=/dev/port bs=1 seek=3321 conv=notrunc',
    injected: 'a write to port 0xcf9 resets the machine',
    verdict: ['panic'],
    words: RESET,
  },
  {
    name: 'keyboard-reset',
    command: 'printf "\\376" | dd of=/dev/port bs=1 seek=100 conv=notrunc',
    injected: 'the keyboard controller resets the machine (port 0x64)',
    verdict: ['panic'],
    words: RESET,
  },
  {
    name: 'halt',
    command: 'halt -f',
    injected: 'the guest halts all CPUs and stays',
    verdict: ['hang', 'panic'],
    words: [/halted itself|sign of life/],
  },
  {
    name: 'suspend',
    command: 'echo mem > /sys/power/state || echo freeze > /sys/power/state',
    injected: 'the guest goes to sleep',
    verdict: ['hang', 'panic', 'fail'],
    words: [/went to sleep/],
  },
  {
    name: 'oom',
    command: `${EAT} dd if=/dev/zero of=/dev/null bs=300M count=1; true`,
    injected: 'the OOM killer ends a process of the scenario',
    verdict: ['fail', 'panic'],
    words: [/Out of memory|oom/i],
    sample: true,
  },
  {
    name: 'oom-kills-agent',
    command: `for p in $(pidof bpfrig-agent); do echo 1000 > /proc/$p/oom_score_adj; done; ${EAT} echo -1000 > /proc/self/oom_score_adj; dd if=/dev/zero of=/dev/null bs=300M count=1`,
    injected: 'the OOM killer ends the agent',
    verdict: ['fail', 'panic'],
    words: [/oom|Out of memory/i, /agent/],
    sample: true,
  },
  {
    name: 'panic-on-oom',
    command: `echo 2 > /proc/sys/vm/panic_on_oom; ${EAT} dd if=/dev/zero of=/dev/null bs=300M count=1`,
    injected: 'the kernel panics when it is out of memory',
    verdict: ['panic'],
    words: [/panicked/, /memory/i],
  },
  {
    name: 'warning',
    command:
      'echo "WARNING: CPU: 0 PID: 1 at kernel/bpf/cpumap.c:142 __cpu_map_ring_cleanup+0x3a/0x60" > /dev/kmsg',
    injected: "a WARN in the kernel's log",
    verdict: ['fail'],
    words: [/WARNING: CPU: 0/],
    phases: ALL_PHASES,
    sample: true,
  },
  {
    name: 'bug-line',
    command: 'echo "BUG: KASAN: use-after-free in cpu_map_kthread_run" > /dev/kmsg',
    injected: "a KASAN report in the kernel's log",
    verdict: ['fail'],
    words: [/KASAN/],
  },
  {
    name: 'lockdep-line',
    command: 'echo "WARNING: possible circular locking dependency detected" > /dev/kmsg',
    injected: "a lockdep report in the kernel's log",
    verdict: ['fail'],
    words: [/circular locking/],
  },
  {
    name: 'hung-task-line',
    command: 'echo "INFO: task kworker/0:1:12 blocked for more than 120 seconds." > /dev/kmsg',
    injected: "a hung task in the kernel's log",
    verdict: ['fail'],
    words: [/blocked for more than/],
  },
  {
    name: 'log-flooded',
    command:
      'x=$(printf "%0900d" 7); i=0; echo "WARNING: CPU: 0 PID: 1 at net/core/dev.c:1 first" > /dev/kmsg; while [ $i -lt 3000 ]; do echo $x; i=$((i+1)); done > /dev/kmsg',
    injected: "a WARN, then more lines than the kernel's log can hold",
    verdict: ['fail', 'error'],
    words: [/WARNING: CPU: 0|overrun|lost/],
    seconds: 60,
  },
  {
    name: 'console-flooded',
    command:
      'yes 0123456789012345678901234567890123456789012345678901234567890123456789 | head -c 20000000 > /dev/ttyS0',
    injected: 'the guest writes 20 MB to its console',
    verdict: ['fail', 'hang', 'panic', 'error'],
    words: [/console|exec|time|answer|life/],
    seconds: 60,
  },
  {
    name: 'device-vanishes',
    command: 'echo 1 | tee /sys/bus/pci/devices/*/virtio*/virtio-ports/../../remove',
    injected: "the guest removes the PCI device of the agent's channel",
    verdict: ['fail', 'error', 'infra', 'hang'],
    words: [/agent|channel|life/],
  },
];

/** The guest's kernel, by commands that its root user can give. */
export const GUEST_KERNEL_FAULTS: readonly Fault[] = ROWS.flatMap(
  ({ name, command, injected, verdict, words, phases = ['traffic'], sample = false, seconds = 40, more }) =>
    phases.map((phase): Fault => {
      const guilty = verdict.every(one => one !== 'error' && one !== 'infra');
      return {
        name: `kernel/${name}${phases.length > 1 ? `-in-${phase}` : ''}`,
        injected: `${injected}, in \`${phase}:\``,
        verdict,
        exit: guilty ? [1] : [1, 3],
        seconds,
        words,
        sample: sample && phase === 'traffic',
        inject: place => inGuest(place, command, phase, more),
      };
    }),
);
