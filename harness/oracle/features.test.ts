import t from 'tap';
import type { FeatureName } from '../kernel/features.ts';
import type { ProbeResult, Probes } from '../kernel/probes.ts';
import type { ArchName, KernelPackage } from '../model/kernel.ts';
import { decideFeatures, lackedOptions, type FeatureFacts } from './features.ts';

/** A distribution's kernel of some version. */
function packaged(version: string, arch: ArchName = 'amd64') {
  return {
    arch,
    version,
    packages: [{ name: 'linux-image', version, sha256: '' }] as readonly KernelPackage[],
  };
}

/** A guest has run, and nothing is known of the configuration. */
function probed(probes: Probes): FeatureFacts {
  return { probes, config: null };
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
    const decision = decideFeatures(['generic-cpumap'], packaged(version), probed({ generic_cpumap }));
    t.equal(decision.action, action, `${version} ${JSON.stringify(generic_cpumap)}`);
  }
  t.match(decideFeatures(['generic-cpumap'], packaged('5.10.262'), probed({ generic_cpumap: 'missing' })), {
    reason: /since 5\.15 \(11941f8a8536/,
  });
});

t.test(
  'a feature that another architecture got later is a skip there until then, and a fail from then on',
  async t => {
    const rows: [string, ArchName, string][] = [
      ['6.12.118', 'amd64', 'fail'],
      ['6.12.118', 'arm64', 'skip'],
      ['6.14', 'arm64', 'fail'],
      ['6.12.107', 's390x', 'fail'],
    ];
    for (const [version, arch, action] of rows)
      t.equal(
        decideFeatures(['kprobe-multi'], packaged(version, arch), probed({ kprobe_multi: 'missing' })).action,
        action,
        `${version}/${arch}`,
      );
    t.match(
      decideFeatures(['kprobe-multi'], packaged('6.12.118', 'arm64'), probed({ kprobe_multi: 'missing' })),
      {
        reason: /^needs kprobe-multi, on arm64 since 6\.14 \(4346ba160409 /,
      },
    );
  },
);

t.test('what could not be tried names the feature and the reason', async t => {
  const kernel = packaged('6.1.1');
  t.match(decideFeatures(['many-cpus'], kernel, probed({ many_cpus: UNTRIED })), {
    reason: /many-cpus: no device lo$/,
  });
  t.match(decideFeatures(['live-frames'], kernel, probed({})), {
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
    t.equal(
      decideFeatures(['kthread-ready-on-update'], packaged(version), probed({})).action,
      action,
      version,
    );
  }
});

t.test('a missing configuration is a skip on a kernel of the user, and a fail on a package', async t => {
  const own = { arch: 'amd64', version: '7.3.4', packages: [] } as const;
  const missing = probed({ many_cpus: 'missing' });
  t.match(decideFeatures(['many-cpus'], own, missing), { action: 'skip', reason: /CONFIG_NR_CPUS/ });
  t.match(decideFeatures(['many-cpus'], packaged('7.3.4'), missing), {
    action: 'fail',
    reason: /distribution/,
  });
  t.match(decideFeatures(['many-cpus'], packaged('7.3.4', 'arm64'), missing), {
    action: 'skip',
    reason: /as on Debian's kernels for arm64/,
  });
  t.match(decideFeatures(['many-cpus'], own, probed({ many_cpus: 'available' })), { action: 'run' });
  const untested = probed({ fault_injection: 'missing' });
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
    t.equal(decideFeatures(required, packaged('5.10.262'), probed(probes)).action, action);
  }
});

const OWN = { arch: 'amd64', version: '6.12.1', packages: [] } as const;

t.test('a kernel of the user that is built without an option skips before it boots', async t => {
  const before = (config: string | null): FeatureFacts => ({ probes: null, config });
  const without = 'CONFIG_BPF_JIT=y\nCONFIG_NR_CPUS=8\n';
  const rows: [FeatureName, string][] = [
    ['btf', 'CONFIG_DEBUG_INFO_BTF=n'],
    ['netkit', 'CONFIG_NETKIT=n'],
    ['kprobe-multi', 'CONFIG_FPROBE=n'],
    ['kprobes', 'CONFIG_KPROBE_EVENTS=n'],
    ['many-cpus', 'CONFIG_NR_CPUS=8'],
  ];
  for (const [name, option] of rows)
    t.strictSame(decideFeatures([name], OWN, before(without)), {
      action: 'skip',
      reason: `needs ${name}, and the kernel is built with ${option}`,
    });
  t.equal(decideFeatures(['bpf-jit'], OWN, before(without)).action, 'run');
  t.equal(decideFeatures(['btf', 'many-cpus'], OWN, before(null)).action, 'run', 'nothing is known');
  t.equal(decideFeatures(['btf'], packaged('6.12.1'), before(without)).action, 'run', 'a guest shows it');
  t.strictSame(lackedOptions('bpf-interpreter', OWN, 'CONFIG_BPF_JIT_ALWAYS_ON=y\n'), [
    'CONFIG_BPF_JIT_ALWAYS_ON=y',
  ]);
  t.strictSame(lackedOptions('bpf-interpreter', OWN, without), []);
  const lsm = (list: string) => lackedOptions('bpf-lsm', OWN, `CONFIG_BPF_LSM=y\nCONFIG_LSM="${list}"\n`);
  t.strictSame(lsm('yama,bpf'), []);
  t.strictSame(lsm('yama'), ['CONFIG_LSM="yama"'], 'its programs would never be called');
});

t.test('a feature that depends on an option is lost only where the option is known to be there', async t => {
  const probes = { tcx: 'missing' } as const;
  const decide = (config: string | null) => decideFeatures(['tcx'], OWN, { probes, config });
  t.match(decide(null), { action: 'error', reason: /depends on CONFIG_NET_XGRESS/ });
  t.match(decide('CONFIG_NET_XGRESS=y\n'), { action: 'fail', reason: /absent on 6\.12\.1/ });
  t.match(decide('CONFIG_X=y\n'), { action: 'skip', reason: /CONFIG_NET_XGRESS=n/ });
  t.match(decideFeatures(['tcx'], packaged('6.12.1'), { probes, config: null }), { action: 'fail' });
});

t.test("kernels of a distribution's other architectures may lack BTF", async t => {
  const probes = { btf: 'missing' } as const;
  const decide = (arch: ArchName) =>
    decideFeatures(['btf'], packaged('6.1.1', arch), { probes, config: null });
  t.match(decide('s390x'), { action: 'skip', reason: /as on Debian's kernels for s390x/ });
  t.match(decide('amd64'), { action: 'fail' });
});

t.test('a detector that nobody knows to be there finds nothing: no cell can rest on it', async t => {
  const decide = (config: string | null, probes: FeatureFacts['probes'] = {}) =>
    decideFeatures(['kasan'], OWN, { probes, config });
  t.match(decide(null), {
    action: 'error',
    reason: /cannot tell whether the kernel has kasan \(CONFIG_KASAN\)/,
  });
  t.match(decide(null, null), { action: 'run' }, 'a guest may show it');
  t.match(decide('CONFIG_KASAN=y\n'), { action: 'run' });
  t.match(decide('CONFIG_X=y\n'), { action: 'skip', reason: /CONFIG_KASAN=n/ });
  const kmemleak = (probe: 'missing' | 'available') =>
    decideFeatures(['kmemleak'], OWN, { probes: { kmemleak: probe }, config: null });
  t.match(kmemleak('missing'), { action: 'skip' });
  t.match(kmemleak('available'), { action: 'run' });
});
