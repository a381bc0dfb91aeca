import { UNKNOWN_BUILD, type BuildFacts } from '../kernel/build-facts.ts';
import type { Probes } from '../kernel/probes.ts';
import type { Kernel } from '../model/kernel.ts';
import type { FeatureFacts } from '../oracle/features.ts';

/** What is known of a run's kernels before a cell has a guest. */
export interface KnownBefore {
  /** What the agent probed, by kernel: a cell that will be skipped needs no guest then. */
  readonly probes: Map<string, Probes>;
  /** How the kernels were built, as far as that is known, by kernel. */
  readonly builds: Map<string, BuildFacts>;
}

/** What decides which features a kernel has. */
export function factsOf(kernel: Pick<Kernel, 'id'>, known: KnownBefore): FeatureFacts {
  return { probes: known.probes.get(kernel.id) ?? null, config: buildOf(kernel, known).config };
}

/** How a kernel was built. */
export function buildOf({ id }: Pick<Kernel, 'id'>, { builds }: KnownBefore): BuildFacts {
  return builds.get(id) ?? UNKNOWN_BUILD;
}
