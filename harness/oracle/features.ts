import { FEATURES, type Configuration, type Feature, type FeatureName } from '../kernel/features.ts';
import type { Probes } from '../kernel/probes.ts';
import { inRange } from '../kernel/ranges.ts';
import type { Kernel } from '../model/kernel.ts';

/** The part of a kernel that decides. A kernel without packages is the user's own. */
type FeatureKernel = Pick<Kernel, 'arch' | 'version' | 'packages'>;

/** Whether a cell can run, and why not. */
export type FeatureDecision =
  { readonly action: 'run' } | { readonly action: 'fail' | 'skip' | 'error'; readonly reason: string };

/** What decides where the features of a cell disagree, first to last: one that is absent, whatever others could not be tried. */
const PRECEDENCE = ['fail', 'skip', 'error'] as const;

/**
 * Decides by what a scenario requires and by what the agent probed in a guest of that kernel.
 *
 * - A feature that is missing is a `skip` on a kernel older than the feature. On a newer one it is a `fail`: the kernel lost it.
 * - A configuration that is missing is a `skip` on a kernel of the user's own, and on an architecture where distributions do not build it; on any other
 *   kernel of a distribution it is a `fail`.
 * - A probe that could not be tried, or that the agent does not have, is an `error`: it says nothing about the kernel.
 */
export function decideFeatures(
  required: readonly FeatureName[],
  kernel: FeatureKernel,
  probes: Probes,
): FeatureDecision {
  const decisions = required.map(name => decide(name, kernel, probes));
  for (const action of PRECEDENCE) {
    const decision = decisions.find(each => each.action === action);
    if (decision !== undefined) return decision;
  }
  return { action: 'run' };
}

function decide(name: FeatureName, kernel: FeatureKernel, probes: Probes): FeatureDecision {
  const needed = FEATURES[name];
  if (needed.kind === 'feature' && needed.probe === null) return byVersion(name, needed, kernel);
  const probe = needed.probe ?? '';
  const result = probes[probe] ?? { untried: `the agent has no probe ${probe}` };
  if (result === 'available') return { action: 'run' };
  if (result !== 'missing')
    return { action: 'error', reason: `cannot tell whether the kernel has ${name}: ${result.untried}` };
  return needed.kind === 'feature'
    ? missingFeature(name, needed, kernel)
    : missingConfiguration(name, needed, kernel);
}

function byVersion(
  name: FeatureName,
  { since, kernels, commit }: Feature,
  { version }: FeatureKernel,
): FeatureDecision {
  if (inRange(version, kernels)) return { action: 'run' };
  const reason = `needs ${name}, in the kernel since ${since} (${commit}): decided by version ${version}, there is no probe`;
  return { action: 'skip', reason };
}

function missingFeature(
  name: FeatureName,
  { since, kernels, commit }: Feature,
  { version }: FeatureKernel,
): FeatureDecision {
  if (inRange(version, kernels)) {
    const reason = `${name} is absent on ${version}, but in the kernel since ${since} (${commit})`;
    return { action: 'fail', reason };
  }
  const reason = `needs ${name}, in the kernel since ${since} (${commit}); probed absent on ${version}`;
  return { action: 'skip', reason };
}

function missingConfiguration(
  name: FeatureName,
  { config, archs }: Configuration,
  { arch, packages }: FeatureKernel,
): FeatureDecision {
  const reason = `needs ${name}, a kernel built with ${config}; probed absent`;
  if (packages.length === 0) return { action: 'skip', reason };
  if (archs !== undefined && !archs.includes(arch))
    return { action: 'skip', reason: `${reason}, as on Debian's kernels for ${arch}` };
  return { action: 'fail', reason: `${reason} on a distribution's kernel` };
}
