import type { ArchName, Flavour } from '../model/kernel.ts';
import { messageOf } from '../util/errors.ts';
import type { AptOptions } from './apt.ts';
import { allBuilds } from './catalogue.ts';
import { type DebianSpec, fetchNewest } from './debian.ts';
import { type KernelLock, loadLock, LOCK_FILE, pinName, saveLock } from './lock-file.ts';
import { kernelLabels } from './spec.ts';

/** The outcome for one series and flavour. */
export interface LockOutcome {
  readonly label: string;
  /** Debian version that is pinned now; null if no kernel was available, so that it is no longer pinned. */
  readonly version: string | null;
  /** Debian version of the previous pin; null if there was none. */
  readonly before: string | null;
  /** Fallbacks that were taken, or why there is no pin. */
  readonly notes: readonly string[];
}

/** How packages are pinned. */
export interface LockOptions extends AptOptions {
  /** Pin only these flavours; the default is all flavours of kernels.yaml. Pins of other flavours are not changed. */
  readonly flavours?: readonly Flavour[];
  /** Pin only kernels of these architectures; the default is all. */
  readonly archs?: readonly ArchName[];
  readonly file?: string;
}

/**
 * Pins each series and flavour of kernels.yaml to the newest packages that the mirror delivers. Each kernel is downloaded before it
 * is pinned, because an index also lists packages that are gone. The lock file is written after each kernel, so that an interrupted
 * run keeps what it has done.
 */
export async function lockKernels(options: LockOptions): Promise<LockOutcome[]> {
  const file = options.file ?? LOCK_FILE;
  const lock: KernelLock = loadLock(file);
  const outcomes: LockOutcome[] = [];
  for (const spec of specsToLock(options)) {
    const name = pinName(spec);
    const label = kernelLabels([spec])[0] ?? name;
    const before = lock.kernels[name]?.version ?? null;
    delete lock.kernels[name];
    try {
      const { kernel, candidate } = await fetchNewest(spec, { ...options, id: label });
      const { suite, version } = candidate;
      lock.kernels[name] = { suite, version, packages: kernel.packages.map(entry => ({ ...entry })) };
      outcomes.push({ label, version, before, notes: kernel.notes });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      outcomes.push({ label, version: null, before, notes: [messageOf(error)] });
    }
    await saveLock(lock, file);
  }
  return outcomes;
}

function specsToLock(options: LockOptions): DebianSpec[] {
  const selected = (flavour: Flavour): boolean => options.flavours?.includes(flavour) ?? true;
  return allBuilds(options.catalogue, options.archs)
    .filter(({ flavour }) => selected(flavour))
    .map(build => ({ kind: 'debian', text: pinName(build), suite: null, ...build }) as const);
}
