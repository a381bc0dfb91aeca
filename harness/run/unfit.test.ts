import t from 'tap';
import { UNKNOWN_BUILD, type BuildFacts } from '../kernel/build-facts.ts';
import { NO_ADDITIONS } from '../model/guest-additions.ts';
import { unfitReason } from './unfit.ts';

const OWN = { arch: 'amd64', modulesDir: null, packages: [] } as const;

function reason(
  build: Partial<BuildFacts>,
  guest: { cpus?: number; modules?: string[]; numa?: number },
  kernel: Parameters<typeof unfitReason>[1] = OWN,
) {
  const { cpus = 4, modules = [], numa = 1 } = guest;
  const size = { cpus, memoryMiB: 512, queues: 1, additions: { ...NO_ADDITIONS, modules, numa } };
  return unfitReason({ guest: size }, kernel, { ...UNKNOWN_BUILD, ...build });
}

t.test('a kernel for fewer CPUs than the guest has', async t => {
  const smp = 'CONFIG_SMP=y\n';
  for (const [config, cpus, fits] of [
    [`${smp}CONFIG_NR_CPUS=8\n`, 4, true],
    [`${smp}CONFIG_NR_CPUS=2\n`, 4, false],
    [`${smp}CONFIG_NR_CPUS=2\n`, 2, true],
    [`${smp}CONFIG_NR_CPUS=8192\n`, 64, true],
    ['CONFIG_NET=y\n', 2, false],
    ['CONFIG_NET=y\n', 1, true],
    [smp, 4, true],
  ] as const)
    t.equal(reason({ config }, { cpus }) === null, fits, `${config.replaceAll('\n', ' ')}: ${cpus} CPUs`);
  t.equal(reason({ config: null }, { cpus: 64 }), null, 'not known');
  t.match(reason({ config: 'CONFIG_NET=y\n' }, {}), /^needs 4 CPUs, and the kernel is built for 1 \(/);
});

t.test('NUMA nodes that the machine of an architecture cannot have', async t => {
  t.equal(reason({}, { numa: 2 }), null);
  t.match(reason({}, { numa: 2 }, { ...OWN, arch: 'arm64' }), /^needs 2 NUMA nodes: QEMU's virt machine has/);
  t.match(reason({}, { numa: 2 }, { ...OWN, arch: 's390x' }), /^needs 2 NUMA nodes: s390x has no NUMA nodes/);
  t.equal(reason({}, {}, { ...OWN, arch: 'arm64' }), null);
});

t.test('a module that a kernel without modules does not have built in', async t => {
  const config = 'CONFIG_SMP=y\nCONFIG_BONDING=y\nCONFIG_VLAN_8021Q=m\n';
  t.equal(reason({ config }, { modules: ['bonding max_bonds=0'] }), null);
  t.match(reason({ config }, { modules: ['8021q'] }), /^needs module 8021q \(CONFIG_VLAN_8021Q=m\), which/);
  t.match(reason({ config }, { modules: ['dummy', 'tun'] }), /CONFIG_DUMMY=n\), module tun \(CONFIG_TUN=n\)/);
  t.equal(reason({ config }, { modules: ['whatever'] }), null, 'no option is known for it');
  const builtin = new Set(['bonding']);
  t.equal(reason({ config, builtin }, { modules: ['bonding'] }), null);
  t.match(reason({ config, builtin }, { modules: ['whatever'] }), /^needs module whatever,/);
  t.equal(reason({ config }, { modules: ['8021q'] }, { ...OWN, modulesDir: '/modules' }), null);
});
