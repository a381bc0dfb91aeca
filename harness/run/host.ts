import { availableParallelism, totalmem } from 'node:os';
import type { HostFacts } from '../model/events.ts';
import { VERSION } from '../util/version.ts';
import type { ChosenAccelerator } from '../vm/accelerator.ts';
import { qemuVersion } from '../vm/qemu-version.ts';

/** What the host is, for the report. */
export async function hostFacts({ accel, reason }: ChosenAccelerator): Promise<HostFacts> {
  return {
    bpfrig: VERSION,
    node: process.versions.node,
    qemu: await qemuVersion('amd64'),
    accel,
    accelReason: reason,
    cpus: availableParallelism(),
    memoryMiB: Math.round(totalmem() / 1024 / 1024),
  };
}
