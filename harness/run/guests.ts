import { bootGuest, guestLimits, type RunningGuest, type StartPhase } from '../guest/running-guest.ts';
import { kernelInitramfs } from '../image/initramfs.ts';
import type { Kernel } from '../model/kernel.ts';
import type { ResolvedVariant } from '../scenario/scenario.ts';
import type { Accelerator } from '../vm/accelerator.ts';
import type { GuestSpec } from '../vm/spec.ts';

/** What guests are made with in one run. */
export interface GuestSettings {
  readonly cacheDir: string;
  readonly accel: Accelerator;
  /** Stretches every time limit; see `timeScale`. */
  readonly timeScale: number;
}

/** Starts a guest for one cell in a folder of its own. Throws as `bootGuest` does. */
export async function startGuest(
  kernel: Kernel,
  variant: Pick<ResolvedVariant, 'guest' | 'topology'>,
  settings: GuestSettings,
  dir: string,
  onPhase: (phase: StartPhase, ms: number) => void = () => undefined,
): Promise<RunningGuest> {
  const spec = await guestSpec(kernel, variant, settings);
  return bootGuest(spec, dir, guestLimits(settings.timeScale), onPhase);
}

/** A variant's guest on a kernel, as QEMU needs it. */
export async function guestSpec(
  kernel: Kernel,
  variant: Pick<ResolvedVariant, 'guest' | 'topology'>,
  settings: GuestSettings,
): Promise<GuestSpec> {
  const { path: initrd } = await kernelInitramfs(kernel, settings.cacheDir);
  return {
    image: kernel.image,
    initrd,
    topology: variant.topology,
    cpus: variant.guest.cpus,
    maxCpus: variant.guest.cpus,
    memoryMiB: variant.guest.memoryMiB,
    accel: settings.accel,
    append: [],
  };
}

/** How far time limits stretch: cells that share cores wait for each other. */
export function timeScale(jobs: number, cpus: number): number {
  return Math.max(1, jobs / Math.max(1, cpus));
}
