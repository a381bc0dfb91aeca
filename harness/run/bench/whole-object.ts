import { join } from 'node:path';
import type { Kernel } from '../../model/kernel.ts';
import type { ResolvedVariant, Scenario } from '../../scenario/scenario.ts';
import { PACKAGE_ROOT } from '../../util/paths.ts';
import { makeWorkspace } from '../../util/workspace.ts';
import type { Guests } from '../guests.ts';
import { indexPrograms } from '../programs.ts';
import { StepContext } from '../steps/context.ts';
import { runSteps } from '../steps/run-steps.ts';

/** A scenario with two variants, each of which loads the same object of 50 programs in its set-up: with bpfrig, with bpftool. */
export const WHOLE_OBJECT = join(PACKAGE_ROOT, 'harness', 'run', 'bench', 'whole-object.yaml');

/** Milliseconds of loading the object, in pairs: those of one round have the same index. */
export interface ObjectLoads {
  readonly bpfrig: readonly number[];
  /** `bpftool prog loadall`, which loads it by libbpf alone. */
  readonly bpftool: readonly number[];
}

/** Loads the object by both in turn, each time in a guest of its own: what runs first in a clone is slow. */
export async function objectLoads(
  guests: Guests,
  kernel: Kernel,
  scenario: Scenario,
  { rounds, cacheDir }: { readonly rounds: number; readonly cacheDir: string },
): Promise<ObjectLoads> {
  const index = await indexPrograms(scenario, { arch: kernel.arch, cacheDir });
  const loads: { bpfrig: number[]; bpftool: number[] } = { bpfrig: [], bpftool: [] };
  const time = async (variant: ResolvedVariant): Promise<number> => {
    await using folder = await makeWorkspace();
    await using bed = await guests.start(kernel, variant, { dir: folder.dir });
    const started = performance.now();
    await runSteps(new StepContext(bed.dut, index, variant.topology), variant.setup);
    return performance.now() - started;
  };
  for (let round = 0; round < rounds; round += 1)
    for (const variant of scenario.variants)
      loads[variant.variant['loader'] === 'bpftool' ? 'bpftool' : 'bpfrig'].push(await time(variant));
  return loads;
}
