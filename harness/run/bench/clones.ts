import { readFileSync } from 'node:fs';
import type { RunningGuest } from '../../guest/running-guest.ts';
import type { Kernel } from '../../model/kernel.ts';
import { makeWorkspace } from '../../util/workspace.ts';
import type { Guests, GuestShape } from '../guests.ts';

/** Milliseconds from QEMU's start until the agent of a clone has answered, `times` times, one after another. */
export async function cloneReadyMs(
  guests: Guests,
  kernel: Kernel,
  shape: GuestShape,
  times: number,
): Promise<number[]> {
  await guests.prepare(kernel, shape);
  const values: number[] = [];
  for (let turn = 0; turn < times; turn += 1) {
    await using workspace = await makeWorkspace();
    const started = performance.now();
    await using _ = await guests.start(kernel, shape, { dir: workspace.dir });
    values.push(performance.now() - started);
  }
  return values;
}

/** The memory of a number of clones that run at the same time. */
export interface CloneMemory {
  readonly clones: number;
  /** Sum of the proportional set sizes of their QEMUs (/proc/PID/smaps_rollup, Pss). */
  readonly pssMiB: number;
}

/** Starts clones up to each of `counts` (ascending), lets each do `work`, and reads the memory of all of them. */
export async function cloneMemory(
  guests: Guests,
  kernel: Kernel,
  shape: GuestShape,
  counts: readonly number[],
  work: (guest: RunningGuest) => Promise<void>,
): Promise<CloneMemory[]> {
  const running: RunningGuest[] = [];
  const startOne = async (readings: CloneMemory[]): Promise<CloneMemory[]> => {
    if (readings.length === counts.length) return readings;
    await using workspace = await makeWorkspace();
    await using bed = await guests.start(kernel, shape, { dir: workspace.dir });
    await work(bed.dut);
    running.push(bed.dut);
    const pssKiB = running.reduce((sum, { vm }) => sum + pssOf(vm.pid), 0);
    const reading = { clones: running.length, pssMiB: Math.round(pssKiB / 1024) };
    const wanted = running.length === counts[readings.length];
    // Deeper while this one lives: its scope ends when all have been read.
    return await startOne(wanted ? [...readings, reading] : readings);
  };
  return startOne([]);
}

function pssOf(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
}
