import { setTimeout as sleep } from 'node:timers/promises';
import { GuestFailure } from '../vm/failure.ts';
import type { AgentCaller } from './protocol.ts';

/** The time of a guest, and the host's times (`performance.now()`) between which it was read. All in milliseconds. */
export interface ClockReading {
  readonly from: number;
  readonly to: number;
  readonly uptime: number;
}

/** Bounds of how fast a guest's clock runs by the host's: 1 is right. */
export interface ClockRate {
  readonly least: number;
  readonly most: number;
}

/** /proc/uptime has hundredths of a second. */
const STEP_MS = 10;

/**
 * What a kernel may be off. One that measures its TSC while the host keeps it waiting is off by a tenth at the least: within that, it takes the HPET's word for
 * the PIT's (arch/x86/kernel/tsc.c, pit_hpet_ptimer_calibrate_cpu()).
 */
const RIGHT = { least: 0.95, most: 1.05 } as const;

/** How sure a rate has to be, and how often and for how long that is waited for. */
const SURE = { spread: 0.1, pauseMs: 150, looks: 20 } as const;

/** A guest whose clock does not run as the host's does. The host is to blame, and another boot may do. */
export class WrongClock extends GuestFailure {
  constructor(rate: ClockRate, consoleTail: readonly string[]) {
    const factor =
      rate.least > 1 ? `at least ${rate.least.toPrecision(2)}` : `at most ${rate.most.toPrecision(2)}`;
    super(
      'infra',
      `the guest's clock runs ${factor} times as fast as the host's: its kernel measured the TSC while the host kept it waiting`,
      consoleTail,
    );
  }
}

/** Reads the clock of a guest. */
export async function readClock(guest: AgentCaller): Promise<ClockReading> {
  const from = performance.now();
  const { data } = await guest.call('read_file', { path: '/proc/uptime' });
  return { from, to: performance.now(), uptime: 1000 * Number.parseFloat(data) };
}

/** How fast the clock ran between two readings. */
export function clockRate(first: ClockReading, last: ClockReading): ClockRate {
  const passed = last.uptime - first.uptime;
  const shortest = Math.max(last.from - first.to, 0);
  return { least: (passed - STEP_MS) / (last.to - first.from), most: (passed + STEP_MS) / shortest };
}

/**
 * Throws `WrongClock` where a guest's clock, since it was first read, has not run as the host's did: every wait and every time limit in the guest would be
 * too short or too long, and nothing would say so. On a host that is too busy to tell, the clock is believed.
 */
export async function checkClock(
  guest: AgentCaller & { readonly vm: { readonly console: { readonly tail: readonly string[] } } },
  first: ClockReading,
): Promise<void> {
  for (let look = 0; look < SURE.looks; look += 1) {
    const rate = clockRate(first, await readClock(guest));
    if (rate.least > RIGHT.most || rate.most < RIGHT.least) throw new WrongClock(rate, guest.vm.console.tail);
    if (rate.most - rate.least < SURE.spread) return;
    await sleep(SURE.pauseMs);
  }
}
