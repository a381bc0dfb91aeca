import type { Kernel } from '../model/kernel.ts';
import { inRange } from '../scenario/ranges.ts';
import type { FeatureName } from '../scenario/feature-names.ts';
import { BpfrigError } from '../util/errors.ts';

/** A kernel feature that scenarios can require. */
export interface Feature {
  readonly kind: 'feature';
  /** Upstream release that brought it. */
  readonly since: string;
  /** Upstream versions that have it, stable backports included. */
  readonly kernels: string;
  readonly commit: string;
  /** The agent's probe that tells whether it is there; null: no cheap probe, the version decides. */
  readonly probe: string | null;
}

/** A choice of whoever built the kernel. Distributions make it in one way; a kernel of one's own may have it in the other. */
export interface Configuration {
  readonly kind: 'configuration';
  /** As in a .config. */
  readonly config: string;
  /** The agent's probe that tells whether it is so. */
  readonly probe: string;
}

/** What `requires` can name. Commits and releases: cpumap-behaviour.md, section 1. */
export const FEATURES: Readonly<Record<FeatureName, Feature | Configuration>> = {
  'cpumap-program': {
    kind: 'feature',
    since: '5.9',
    kernels: '>=5.9',
    commit: '9216477449f3 "bpf: cpumap: Add the possibility to attach an eBPF program to cpumap"',
    probe: 'cpumap_program',
  },
  // 5.9 to 5.14: generic attach of a program that uses a cpumap with 8-byte values is EINVAL; with 4-byte values it is
  // accepted, and every redirect fails with EBADRQC.
  'generic-cpumap': {
    kind: 'feature',
    since: '5.15',
    kernels: '>=5.15',
    commit: '11941f8a8536 "bpf: cpumap: Implement generic cpumap"',
    probe: 'generic_cpumap',
  },
  'live-frames': {
    kind: 'feature',
    since: '5.18',
    kernels: '>=5.18',
    commit: 'b530e9e1063e "bpf: Add \\"live packet\\" mode for XDP in BPF_PROG_RUN"',
    probe: 'live_frames',
  },
  'xdp-frags': {
    kind: 'feature',
    since: '5.18',
    kernels: '>=5.18',
    commit: 'c2f2cdbeffda "bpf: introduce BPF_F_XDP_HAS_FRAGS flag in prog_flags loading the ebpf program"',
    probe: 'xdp_frags',
  },
  'pktgen-unshared': {
    kind: 'feature',
    since: '6.7',
    kernels: '>=6.7',
    commit: '"pktgen: Introducing \'SHARED\' flag for testing with non-shared skb"',
    probe: 'pktgen_shared_flag',
  },
  'kthread-ready-on-update': {
    kind: 'feature',
    since: '6.5',
    kernels: '>=6.1.45 <6.2 || >=6.5',
    commit: '640a604585aa "bpf, cpumap: Make sure kthread is running before map update returns"',
    probe: null,
  },
  'update-errno': {
    kind: 'feature',
    since: '7.0',
    kernels: '>=7.0',
    commit: '48e11bad9a1f "bpf: cpumap: propagate underlying error in cpu_map_update_elem()"',
    probe: null,
  },
  'many-cpus': { kind: 'configuration', config: 'CONFIG_NR_CPUS of more than 512', probe: 'many_cpus' },
  'bpf-interpreter': {
    kind: 'configuration',
    config: 'no CONFIG_BPF_JIT_ALWAYS_ON',
    probe: 'bpf_interpreter',
  },
};

/** What of a kernel decides: kernels without packages are the user's own. */
type FeatureKernel = Pick<Kernel, 'version' | 'packages'>;
/** What the agent saw, by the name of the probe. */
type Probed = Readonly<Record<string, boolean>>;

/** Whether a cell can run, and why not. */
export type FeatureDecision =
  { readonly action: 'run' } | { readonly action: 'skip' | 'fail'; readonly reason: string };

/**
 * Holds what a scenario requires against a kernel. `probes` is what the agent saw in the guest. A feature that is probed absent
 * is a skip on a kernel older than it and a fail at or above: there the kernel has lost it. A configuration that is not there is a
 * skip on a kernel of the user's own, who chose it, and a fail on a distribution's.
 *
 * Throws a BpfrigError with code `harness` when a probe was not made.
 */
export function decideFeatures(
  required: readonly FeatureName[],
  kernel: FeatureKernel,
  probes: Probed,
): FeatureDecision {
  const decisions = required.map(name => {
    const needed = FEATURES[name];
    return needed.kind === 'feature'
      ? decideFeature(name, needed, kernel, probes)
      : decideConfiguration(name, needed, kernel, probes);
  });
  return (
    decisions.find(({ action }) => action === 'fail') ??
    decisions.find(({ action }) => action === 'skip') ?? { action: 'run' }
  );
}

function decideFeature(
  name: FeatureName,
  { since, kernels, commit, probe }: Feature,
  { version }: FeatureKernel,
  probes: Probed,
): FeatureDecision {
  const old = !inRange(version, kernels);
  if (probe === null) {
    const reason = `needs ${name}, in the kernel since ${since} (${commit}): decided by version ${version}, there is no probe`;
    return old ? { action: 'skip', reason } : { action: 'run' };
  }
  if (probed(name, probe, probes)) return { action: 'run' };
  return old
    ? {
        action: 'skip',
        reason: `needs ${name}, in the kernel since ${since} (${commit}); probed absent on ${version}`,
      }
    : {
        action: 'fail',
        reason: `${name} is absent on ${version}, but in the kernel since ${since} (${commit})`,
      };
}

function decideConfiguration(
  name: FeatureName,
  { config, probe }: Configuration,
  { packages }: FeatureKernel,
  probes: Probed,
): FeatureDecision {
  if (probed(name, probe, probes)) return { action: 'run' };
  const own = packages.length === 0;
  const reason = `needs ${name}, a kernel built with ${config}; probed absent`;
  return { action: own ? 'skip' : 'fail', reason: own ? reason : `${reason} on a distribution's kernel` };
}

function probed(name: FeatureName, probe: string, probes: Probed): boolean {
  const present = probes[probe];
  if (present === undefined)
    throw new BpfrigError('harness', `feature ${name}: the agent made no probe ${probe}`);
  return present;
}
