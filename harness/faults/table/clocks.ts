import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { PACKAGE_ROOT } from '../../util/paths.ts';
import type { Fault } from '../fault.ts';
import { guestCommand, inGuest, run, WRONG } from '../scenarios.ts';

const SHIM = join(PACKAGE_ROOT, 'harness', 'faults', 'clock-shim.c');
const HOUR = 3_600;

/** Only bpfrig's own clock jumps. */
function hostJump(name: string, seconds: number, afterMs: number, sample = false): Fault {
  return {
    name: `clock/host-${name}`,
    injected: `the host's wall clock jumps by ${seconds / HOUR} h, ${afterMs} ms after a cell has begun`,
    verdict: ['fail'],
    exit: [1],
    seconds: 45,
    words: [/sent == 1/],
    sample,
    inject: async place => {
      const library = join(place.dir, 'clock.so');
      const file = join(place.dir, 'jump');
      await execa('gcc', ['-shared', '-fPIC', '-O1', '-o', library, SHIM, '-ldl']);
      return {
        argv: run(place, WRONG),
        env: { LD_PRELOAD: library, CLOCK_JUMP_FILE: file },
        during: live =>
          live.onEvent(event => {
            if (event.type === 'cell-start') setTimeout(() => writeFileSync(file, String(seconds)), afterMs);
          }),
      };
    },
  };
}

function guestJump(name: string, command: string, injected: string): Fault {
  return {
    name: `clock/guest-${name}`,
    injected: `${injected}, and the expectation is wrong`,
    verdict: ['fail'],
    exit: [1],
    seconds: 45,
    words: [/WARNING: the clock jumped/],
    inject: place => inGuest(place, `${command}; echo "WARNING: the clock jumped" > /dev/kmsg`),
  };
}

/** As a kernel that measured its TSC on a host that kept it waiting; such a guest is booted again, here in vain. */
const FAST: Fault = {
  name: 'clock/guest-fast',
  injected:
    "the guest's kernel takes its TSC for several times as slow as it is (tsc_early_khz): its clock is too fast",
  verdict: ['infra'],
  exit: [3],
  seconds: 60,
  words: [/clock runs at least [\d.]+ times as fast as the host's/],
  sample: true,
  inject: place => {
    const scenario = guestCommand(place, 'true', 'traffic', 'guest: { append: tsc_early_khz=500000 }\n');
    return { argv: run(place, scenario, '--kernel', '6.12', '--retries', '0') };
  },
};

/** Clocks that jump, or run at another speed: no deadline may depend on them, and the verdict is the scenario's. */
export const CLOCK_FAULTS: readonly Fault[] = [
  FAST,
  hostJump('forward-in-clone', HOUR, 50),
  hostJump('forward', HOUR, 500, true),
  hostJump('back', -HOUR, 500),
  hostJump('year', 24 * 365 * HOUR, 300),
  guestJump('forward', 'date -s @$(($(date +%s) + 3600))', "the guest's clock goes one hour forward"),
  guestJump('back', 'date -s @$(($(date +%s) - 3600))', "the guest's clock goes one hour back"),
  guestJump('epoch', 'date -s @1', "the guest's clock goes back to 1970"),
];
