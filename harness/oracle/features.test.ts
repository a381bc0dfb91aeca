import t from 'tap';
import type { FeatureName } from '../kernel/features.ts';
import type { ProbeResult } from '../kernel/probes.ts';
import type { ArchName, KernelPackage } from '../model/kernel.ts';
import { decideFeatures } from './features.ts';

/** A distribution's kernel of some version. */
function packaged(version: string, arch: ArchName = 'amd64') {
  return {
    arch,
    version,
    packages: [{ name: 'linux-image', version, sha256: '' }] as readonly KernelPackage[],
  };
}

const UNTRIED = { untried: 'no device lo' } as const;

t.test('a missing feature is a skip on an old kernel and a fail on a newer one', async t => {
  const rows: [string, ProbeResult, string][] = [
    ['5.10.262', 'missing', 'skip'],
    ['5.10.262', 'available', 'run'],
    ['6.1.192', 'missing', 'fail'],
    ['6.1.192', 'available', 'run'],
    ['5.10.262', UNTRIED, 'error'],
    ['6.1.192', UNTRIED, 'error'],
  ];
  for (const [version, generic_cpumap, action] of rows) {
    const decision = decideFeatures(['generic-cpumap'], packaged(version), { generic_cpumap });
    t.equal(decision.action, action, `${version} ${JSON.stringify(generic_cpumap)}`);
  }
  t.match(decideFeatures(['generic-cpumap'], packaged('5.10.262'), { generic_cpumap: 'missing' }), {
    reason: /since 5\.15 \(11941f8a8536/,
  });
});

t.test('what could not be tried names the feature and the reason', async t => {
  const kernel = packaged('6.1.1');
  t.match(decideFeatures(['many-cpus'], kernel, { many_cpus: UNTRIED }), {
    reason: /many-cpus: no device lo$/,
  });
  t.match(decideFeatures(['live-frames'], kernel, {}), {
    action: 'error',
    reason: /live-frames: the agent has no probe live_frames$/,
  });
});

t.test('features without a probe go by version, stable backports included', async t => {
  for (const [version, action] of [
    ['5.10.262', 'skip'],
    ['6.1.44', 'skip'],
    ['6.1.45', 'run'],
    ['6.4.9', 'skip'],
    ['6.5', 'run'],
  ] as const) {
    t.equal(decideFeatures(['kthread-ready-on-update'], packaged(version), {}).action, action, version);
  }
});

t.test('a missing configuration is a skip on a kernel of the user, and a fail on a package', async t => {
  const own = { arch: 'amd64', version: '7.3.4', packages: [] } as const;
  const missing = { many_cpus: 'missing' } as const;
  t.match(decideFeatures(['many-cpus'], own, missing), { action: 'skip', reason: /CONFIG_NR_CPUS/ });
  t.match(decideFeatures(['many-cpus'], packaged('7.3.4'), missing), {
    action: 'fail',
    reason: /distribution/,
  });
  t.match(decideFeatures(['many-cpus'], packaged('7.3.4', 'arm64'), missing), {
    action: 'skip',
    reason: /as on Debian's kernels for arm64/,
  });
  t.match(decideFeatures(['many-cpus'], own, { many_cpus: 'available' }), { action: 'run' });
  const untested = { fault_injection: 'missing' } as const;
  for (const kernel of [own, packaged('6.12.117')])
    t.match(decideFeatures(['fault-injection'], kernel, untested), {
      action: 'skip',
      reason: /CONFIG_FAILSLAB, .*CONFIG_FAULT_INJECTION_STACKTRACE_FILTER; probed absent/,
    });
});

t.test('a fail outranks a skip, and both outrank what could not be tried', async t => {
  const required: FeatureName[] = ['xdp-frags', 'live-frames', 'cpumap-program'];
  const rows: [ProbeResult, ProbeResult, ProbeResult, string][] = [
    [UNTRIED, 'missing', 'missing', 'fail'],
    [UNTRIED, 'missing', 'available', 'skip'],
    [UNTRIED, 'available', 'available', 'error'],
  ];
  for (const [xdp_frags, live_frames, cpumap_program, action] of rows) {
    const probes = { xdp_frags, live_frames, cpumap_program };
    t.equal(decideFeatures(required, packaged('5.10.262'), probes).action, action);
  }
});
