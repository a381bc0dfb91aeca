import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import type { HostFacts } from '../model/events.ts';
import { PROJECT_ROOT } from '../util/paths.ts';
import type { ChosenAccelerator } from '../vm/accelerator.ts';
import { qemuVersion } from '../vm/qemu-version.ts';

/** What the host is, for the report. */
export async function hostFacts({ accel, reason }: ChosenAccelerator): Promise<HostFacts> {
  const { version } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  return {
    bpfrig: version,
    node: process.versions.node,
    qemu: await qemuVersion(),
    accel,
    accelReason: reason,
    cpus: availableParallelism(),
    memoryMiB: Math.round(totalmem() / 1024 / 1024),
  };
}
