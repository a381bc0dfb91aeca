import { MAC, type Topology } from '../vm/spec.ts';
import { callBatch } from './readings.ts';
import type { RunningGuest } from './running-guest.ts';

/** Addresses of the traffic: TEST-NET of RFC 2544. The source has no device in the guest, so that nothing answers to it. */
export const ADDRESS = { source: '198.18.0.1', destination: '198.18.1.1', prefix: 24 } as const;

/** What `exec` answers. */
interface ExecAnswer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Makes devices `tx` and `rx` of a guest, up and silent: no IPv6, no ARP, nothing but what a scenario sends. Throws `Error` with iproute2's own words. */
export async function makeTopology(guest: RunningGuest, topology: Topology): Promise<void> {
  if (topology === 'none') return;
  const commands = [...(topology === 'veth' ? vethCommands() : await virtioCommands(guest)), ...COMMON];
  const requests = commands.map(command => ({ op: 'exec', argv: ['ip', ...command.split(' ')] }));
  const answers = (await callBatch(guest, requests)) as ExecAnswer[];
  const index = answers.findIndex(({ status }) => status !== 0);
  if (index >= 0)
    throw new TopologyError(topology, `ip ${commands[index]}: ${answers[index]?.stderr.trim()}`);
}

/** The guest's kernel does not make the devices. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError';

  constructor(topology: Topology, text: string) {
    super(`the ${topology} topology cannot be made: ${text}`);
  }
}

function vethCommands(): string[] {
  return [`link add name tx address ${MAC.tx} type veth peer name rx address ${MAC.rx}`];
}

/** The kernel names virtio NICs eth0, eth1, … in the order that it finds them: go by the address. */
async function virtioCommands(guest: RunningGuest): Promise<string[]> {
  const { stdout } = await guest.call<ExecAnswer>({ op: 'exec', argv: ['ip', '-o', 'link'] });
  return (['tx', 'rx'] as const).map(role => {
    const name = new RegExp(`^\\d+: ([^:@]+)[:@].*link/ether ${MAC[role]}`, 'm').exec(stdout)?.[1];
    if (name === undefined)
      throw new TopologyError('virtio', `no device has the address ${MAC[role]} (no virtio_net?)`);
    return `link set dev ${name} name ${role}`;
  });
}

/** Up and silent. */
const COMMON = [
  ...['tx', 'rx'].map(dev => `link set dev ${dev} arp off multicast off addrgenmode none up`),
  `addr add ${ADDRESS.destination}/${ADDRESS.prefix} dev rx`,
];
