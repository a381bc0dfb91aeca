import { architecture } from '../arch/architectures.ts';
import { hasModule, type BuildFacts } from '../kernel/build-facts.ts';
import { configValue, isOn, mostCpus } from '../kernel/config-lines.ts';
import { moduleName } from '../model/guest-additions.ts';
import type { Kernel } from '../model/kernel.ts';
import type { ResolvedVariant } from '../scenario/scenario.ts';

/** Why a kernel, or the machine of its architecture, cannot run a variant although it can serve others, one sentence; null where it can, or where that is not known. */
export function unfitReason(
  { guest }: Pick<ResolvedVariant, 'guest'>,
  { arch, modulesDir, packages }: Pick<Kernel, 'arch' | 'modulesDir' | 'packages'>,
  build: BuildFacts,
): string | null {
  const { numa = 1 } = guest.additions ?? {};
  const { lacks } = architecture(arch);
  if (numa > 1 && lacks.numa !== undefined) return `needs ${numa} NUMA nodes: ${lacks.numa}`;
  const most = build.config === null ? null : mostCpus(build.config);
  if (most !== null && most < guest.cpus) return tooManyCpus(guest.cpus, most);
  // Of a kernel with a folder of modules, a name that it does not have may be a mistake: harness/image/modules-part.ts.
  if (modulesDir !== null || packages.length > 0) return null;
  const lacking = (guest.additions?.modules ?? []).map(moduleName).flatMap(name => {
    const text = lackedModule(name, build);
    return text === null ? [] : [text];
  });
  return lacking.length === 0 ? null : `needs ${lacking.join(', ')}, which the kernel does not have built in`;
}

/** Why a guest with so many CPUs cannot run a kernel that is built for fewer: the others would stay off. */
export function tooManyCpus(cpus: number, most: number): string {
  return `needs ${cpus} CPUs, and the kernel is built for ${most} (CONFIG_SMP, CONFIG_NR_CPUS)`;
}

/** Options of modules that guests are often given, by the module's name. */
const MODULE_OPTIONS: Readonly<Record<string, string>> = {
  '8021q': 'CONFIG_VLAN_8021Q',
  bonding: 'CONFIG_BONDING',
  bridge: 'CONFIG_BRIDGE',
  dummy: 'CONFIG_DUMMY',
  ip_gre: 'CONFIG_NET_IPGRE',
  ipip: 'CONFIG_NET_IPIP',
  macvlan: 'CONFIG_MACVLAN',
  nf_conntrack: 'CONFIG_NF_CONNTRACK',
  nf_flow_table: 'CONFIG_NF_FLOW_TABLE',
  tun: 'CONFIG_TUN',
  veth: 'CONFIG_VETH',
  vxlan: 'CONFIG_VXLAN',
};

function lackedModule(name: string, build: BuildFacts): string | null {
  const { config } = build;
  const option = MODULE_OPTIONS[name];
  if (hasModule(build, name) === false) return `module ${name}`;
  if (
    build.builtin !== null ||
    config === null ||
    option === undefined ||
    configValue(config, option) === 'y'
  )
    return null;
  return `module ${name} (${option}=${isOn(config, option) ? 'm' : 'n'})`;
}
