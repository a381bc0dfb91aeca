import { hostCommand } from '../util/host-command.ts';

/** Programs whose Debian package has another name, of those that scenarios are likely to use. */
const PACKAGE_OF: Readonly<Record<string, string>> = {
  'xdp-bench': 'xdp-tools',
  'xdp-filter': 'xdp-tools',
  'xdp-forward': 'xdp-tools',
  'xdp-loader': 'xdp-tools',
  'xdp-monitor': 'xdp-tools',
  'xdp-trafficgen': 'xdp-tools',
  xdpdump: 'xdp-tools',
  arp: 'net-tools',
  as: 'binutils',
  bridge: 'iproute2',
  brctl: 'bridge-utils',
  dig: 'bind9-dnsutils',
  hping3: 'hping3',
  iptables: 'iptables',
  ld: 'binutils',
  nc: 'netcat-openbsd',
  nft: 'nftables',
  perf: 'linux-perf',
  ping: 'iputils-ping',
  ss: 'iproute2',
  strace: 'strace',
  taskset: 'util-linux',
};

/** A package's name in Debian, and nothing that apt-cache(8) would take for an option. */
const PACKAGE_NAME = /^[a-z0-9][a-z0-9+.-]+$/;

/** Whether a text can be the name of a Debian package. */
export function isPackageName(text: string): boolean {
  return PACKAGE_NAME.test(text);
}

/** The Debian package that has a program, where that can be found out without a download; null elsewhere. */
export async function packageWith(program: string): Promise<string | null> {
  const known = Object.hasOwn(PACKAGE_OF, program) ? PACKAGE_OF[program] : undefined;
  if (known !== undefined) return known;
  if (!isPackageName(program)) return null;
  const result = await hostCommand('apt-cache', ['policy', program], { timeoutMs: 20_000 }).catch(() => null);
  const candidate = /^\s*Candidate:\s*(\S+)/m.exec(result?.stdout ?? '')?.[1];
  return candidate === undefined || candidate === '(none)' ? null : program;
}

/** The files of an installed Debian package; null if no package of that name is installed. */
export async function packageFiles(name: string): Promise<string[] | null> {
  if (!isPackageName(name)) return null;
  const result = await hostCommand('dpkg-query', ['-L', name], { timeoutMs: 20_000 }).catch(() => null);
  if (result === null || !result.ok) return null;
  return result.stdout.split('\n').filter(path => path.startsWith('/'));
}
