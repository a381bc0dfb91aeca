import { join } from 'node:path';
import type { Fault, RedVerdict } from '../fault.ts';
import { CODE, divertCpus } from '../divert-cpus.ts';
import { run, SLOW, TRAFFIC } from '../scenarios.ts';

/** CPUs of a clone that are made to run something else. */
function diverted(
  name: string,
  injected: string,
  cpus: readonly number[],
  code: string,
  verdict: readonly RedVerdict[],
  words: readonly RegExp[],
  { scenario = SLOW, afterMs = 1_000, sample = false } = {},
): Fault {
  return {
    name: `cpu/${name}`,
    injected,
    verdict,
    exit: [1],
    seconds: 60,
    words,
    sample,
    inject: place => {
      const stub = join(place.announced, 'gdb');
      const options = `set -- "$@" -chardev socket,id=gdb,path='${stub}'-$$,server=on,wait=off -gdb chardev:gdb`;
      return {
        argv: run(place, scenario),
        env: { BPFRIG_QEMU: place.announcedQemu(options) },
        during: live => {
          live.onQemu((pid, kind) => {
            if (kind !== 'clone') return;
            // A guest that is gone meanwhile needs no fault; the suite then sees what the cell says.
            setTimeout(() => void divertCpus(`${stub}-${pid}`, cpus, code).catch(() => undefined), afterMs);
          });
        },
      };
    },
  };
}

const ALL_CPUS = [0, 1, 2, 3];

/** CPUs that stop doing their work without a word of the kernel, by the gdb stub of QEMU. */
export const CPU_FAULTS: readonly Fault[] = [
  diverted('all-spin', 'all CPUs spin with interrupts off', ALL_CPUS, CODE.spin, ['hang'], [/sign of life/], {
    sample: true,
  }),
  diverted(
    'all-halt',
    'all CPUs halt with interrupts off',
    ALL_CPUS,
    CODE.halt,
    ['hang'],
    [/sign of life|halt/],
  ),
  diverted(
    'one-spins',
    'CPU 1 spins with interrupts off while programs are attached and packets sent',
    [1],
    CODE.spin,
    ['hang', 'fail', 'panic'],
    [/sign of life|stall|lockup|answer/],
    { scenario: TRAFFIC, afterMs: 400 },
  ),
  diverted(
    'undefined-instruction',
    'CPU 2 runs an undefined instruction',
    [2],
    CODE.undefined,
    // What the kernel says of it may be lost with the CPU.
    ['panic', 'fail', 'hang'],
    [/invalid opcode|Oops|BUG|sign of life/],
    {
      sample: true,
    },
  ),
];
