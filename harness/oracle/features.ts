import { configValue, isOn, mostCpus } from '../kernel/config-lines.ts';
import {
  arrivalOf,
  FEATURES,
  type Configuration,
  type Feature,
  type FeatureName,
} from '../kernel/features.ts';
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

/** What is known of a kernel's features. */
export interface FeatureFacts {
  /** What the agent probed in a guest of that kernel; null: no guest of it has run yet. */
  readonly probes: Probes | null;
  /** Its configuration; null where it is not known. */
  readonly config: string | null;
}

/**
 * Decides by what a scenario requires and by what is known of the kernel.
 *
 * - A feature that is missing is a `skip` on a kernel older than the feature. On a newer one it is a `fail`: the kernel lost it. Of a kernel of the user's
 *   own that is built without an option which the feature depends on, it is a `skip`; where its configuration is not known, an `error`.
 * - A configuration that is missing is a `skip` on a kernel of the user's own, and on an architecture where distributions do not build it; on any other
 *   kernel of a distribution it is a `fail`.
 * - A probe that could not be tried, or that the agent does not have, is an `error`: it says nothing about the kernel.
 *
 * Without probes only what versions and configurations of the user's own kernels say counts: the others run.
 */
export function decideFeatures(
  required: readonly FeatureName[],
  kernel: FeatureKernel,
  facts: FeatureFacts,
): FeatureDecision {
  const decisions = required.map(name => decide(name, kernel, facts));
  for (const action of PRECEDENCE) {
    const decision = decisions.find(each => each.action === action);
    if (decision !== undefined) return decision;
  }
  return { action: 'run' };
}

/**
 * The options without which a kernel lacks a feature, as they are set: `CONFIG_NETKIT=n`. Empty where it has all, or nothing is known, and of a
 * distribution's kernel also where distributions have it: there a guest says whether the kernel lost it.
 */
export function lackedOptions(
  name: FeatureName,
  { packages, arch }: Pick<FeatureKernel, 'packages' | 'arch'>,
  config: string | null,
): string[] {
  const needed = FEATURES[name];
  if (config === null || (packages.length > 0 && !isChoice(needed, arch))) return [];
  if (name === 'bpf-interpreter')
    return isOn(config, ALWAYS_ON) ? [`${ALWAYS_ON}=${configValue(config, ALWAYS_ON)}`] : [];
  if (name === 'many-cpus') {
    const most = mostCpus(config);
    return most === null || most > 512 ? [] : [`CONFIG_NR_CPUS=${most}`];
  }
  const lacked = (needed.options ?? []).filter(option => !isOn(config, option)).map(option => `${option}=n`);
  // A program of an LSM that is not in the list is attached, and never called.
  const list = configValue(config, 'CONFIG_LSM');
  return name === 'bpf-lsm' && !/\bbpf\b/.test(list) ? [...lacked, `CONFIG_LSM=${list}`] : lacked;
}

/** Whether distributions differ in it, or do not build it on an architecture. */
function isChoice(needed: Feature | Configuration, arch: FeatureKernel['arch']): boolean {
  return needed.kind === 'configuration' && needed.archs !== undefined && !needed.archs.includes(arch);
}

const ALWAYS_ON = 'CONFIG_BPF_JIT_ALWAYS_ON';

function decide(name: FeatureName, kernel: FeatureKernel, { probes, config }: FeatureFacts): FeatureDecision {
  const needed = FEATURES[name];
  const lacked = lackedOptions(name, kernel, config);
  if (lacked.length > 0)
    return { action: 'skip', reason: `needs ${name}, and the kernel is built with ${lacked.join(', ')}` };
  if (needed.probe === null) {
    if (needed.kind === 'feature') return byVersion(name, needed, kernel);
    const isKnown = config !== null || probes === null || !isChoice(needed, kernel.arch);
    return isKnown ? { action: 'run' } : untold(name, needed);
  }
  if (probes === null) return { action: 'run' };
  const result = probes[needed.probe] ?? { untried: `the agent has no probe ${needed.probe}` };
  if (result === 'available') return { action: 'run' };
  if (result !== 'missing')
    return { action: 'error', reason: `cannot tell whether the kernel has ${name}: ${result.untried}` };
  return needed.kind === 'feature'
    ? missingFeature(name, needed, kernel, config)
    : missingConfiguration(name, needed, kernel);
}

/** Without a detector of the kernel's, a cell that needs it would find nothing, and pass. */
function untold(name: FeatureName, { config }: Configuration): FeatureDecision {
  const reason = `cannot tell whether the kernel has ${name} (${config}): its configuration is not known`;
  return { action: 'error', reason };
}

function byVersion(name: FeatureName, feature: Feature, { version, arch }: FeatureKernel): FeatureDecision {
  if (inRange(version, arrivalOf(feature, arch).kernels)) return { action: 'run' };
  const reason = `needs ${name}, ${arrivalText(feature, arch)}: decided by version ${version}, there is no probe`;
  return { action: 'skip', reason };
}

function arrivalText(feature: Feature, arch: FeatureKernel['arch']): string {
  const { since, commit } = arrivalOf(feature, arch);
  return `${feature.elsewhere?.[arch] === undefined ? 'in the kernel' : `on ${arch}`} since ${since} (${commit})`;
}

function missingFeature(
  name: FeatureName,
  feature: Feature,
  { version, packages, arch }: FeatureKernel,
  config: string | null,
): FeatureDecision {
  const { options = [] } = feature;
  const arrival = arrivalText(feature, arch);
  if (inRange(version, arrivalOf(feature, arch).kernels)) {
    if (packages.length === 0 && config === null && options.length > 0) {
      const reason = `cannot tell whether the kernel lost ${name}, which is absent: it depends on ${options.join(' and ')}, and the configuration of this kernel is not known`;
      return { action: 'error', reason };
    }
    const reason = `${name} is absent on ${version}, but ${arrival}`;
    return { action: 'fail', reason };
  }
  const reason = `needs ${name}, ${arrival}; probed absent on ${version}`;
  return { action: 'skip', reason };
}

function missingConfiguration(
  name: FeatureName,
  needed: Configuration,
  { arch, packages }: FeatureKernel,
): FeatureDecision {
  const reason = `needs ${name}, a kernel built with ${needed.config}; probed absent`;
  if (packages.length === 0) return { action: 'skip', reason };
  if (isChoice(needed, arch))
    return { action: 'skip', reason: `${reason}, as on Debian's kernels for ${arch}` };
  return { action: 'fail', reason: `${reason} on a distribution's kernel` };
}
