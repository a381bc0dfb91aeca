import { setTimeout as sleep } from 'node:timers/promises';
import { readAll, sameCounts, type ReadPlan } from '../guest/readings.ts';
import type { Testbed } from '../guest/testbed.ts';
import { hostPressure } from '../util/host-pressure.ts';

/**
 * Pause between two readings of a guest that may still be busy. On an overloaded host the guest's CPUs are threads that may not run for
 * a while, one of them that of a kthread with packets in its ring: the pause grows with the square of the pressure.
 */
const PAUSE_MS = 25;

/** How long packets may keep moving after the last source is done, before a cell is read although packets still move. */
const PATIENCE_MS = 20_000;

/**
 * Waits until two readings in a row are equal. For a guest that is never idle the wait ends after a while: its readings then
 * show in the ledger what was still on the way.
 */
export async function waitUntilIdle(bed: Testbed, plan: ReadPlan): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS * hostPressure();
  let last = await readAll(bed, plan);
  for (;;) {
    await sleep(PAUSE_MS * hostPressure() ** 2);
    const now = await readAll(bed, plan);
    if (sameCounts(last, now) || performance.now() > deadline) return;
    last = now;
  }
}
