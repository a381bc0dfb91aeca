import { architecture } from '../arch/architectures.ts';
import { ADDRESS, MAC, type End, type Topology } from '../model/topology.ts';
import { BpfrigError } from '../util/errors.ts';
import { receivingCpu } from '../vm/devices.ts';
import type { GuestSpec } from '../vm/spec.ts';
import { callBatch } from './batch.ts';
import { request } from './protocol.ts';
import type { RunningGuest } from './running-guest.ts';

/** What the devices of a guest depend on. */
export type Wiring = Pick<GuestSpec, 'arch' | 'topology' | 'ends' | 'queues' | 'cpus'>;

/**
 * Makes the devices `tx` and `rx` of a guest, or the one that it has, up and silent: no IPv6, no ARP, nothing but what a scenario
 * sends. Throws `TopologyError` with iproute2's own words.
 */
export async function makeTopology(guest: RunningGuest, wiring: Wiring): Promise<void> {
  const { arch, topology, ends, queues } = wiring;
  if (topology === 'none') return;
  const made = topology === 'veth' ? [vethCommand(queues)] : await virtioCommands(guest, topology, ends);
  const silent = await quietWords(guest);
  const sending = ends.includes('tx');
  const commands = [
    ...made,
    ...ends.flatMap(end => [`ip link set dev ${end} ${silent} up`, ...ADDRESSING[end]]),
    ...(sending && topology !== 'veth' ? [LOSSLESS] : []),
    ...(sending && topology === 'link' ? [PROMISCUOUS] : []),
  ];
  const answers = await callBatch(
    guest,
    commands.map(command => request('exec', { argv: command.split(' ') })),
  );
  const index = answers.findIndex(({ status }) => status !== 0);
  if (index < 0) {
    if (topology !== 'veth' && architecture(arch).machine.interrupts === 'floating')
      await receiveOn(guest, ends, receivingCpu(wiring));
    return;
  }
  const text = `${commands[index]}: ${answers[index]?.stderr.trim()}`;
  const why = [text, ...(await refusedModules(guest))].join('; ');
  // The kernel is built without something, or its lockdown refuses it: it does nothing wrong.
  if (NOT_BUILT.test(text) || LOCKED.test(why))
    throw new BpfrigError('harness', `the ${topology} topology cannot be made of this kernel: ${why}`);
  throw new TopologyError(topology, why);
}

/** iproute2's words for a kind of device that no driver makes, and for an errno that means the same. */
const NOT_BUILT = /Unknown device type|Operation not supported|not supported by protocol/;
/** The kernel's word for a module whose signature a locked down kernel does not accept. */
const LOCKED = /Lockdown: /;

/**
 * Has virtio NICs receive on one CPU whose interrupts can go to any: the interrupt then only wakes a kernel thread that polls the device (NAPI), and
 * that thread stays on the CPU.
 */
async function receiveOn(guest: RunningGuest, ends: readonly End[], cpu: number): Promise<void> {
  for (const end of ends) {
    await guest.call('write_file', { path: `/sys/class/net/${end}/threaded`, data: '1' });
    const { rows } = await guest.call('kthreads', { prefix: `napi/${end}-` });
    if (rows.length === 0) throw new TopologyError('virtio', `device ${end} has no kernel thread for NAPI`);
    for (const { pid } of rows) await guest.call('sched', { pid, cpus: [cpu] });
  }
}

/** The modules of its package that the kernel did not load, each with the system call's error and what the kernel's log says about it. */
async function refusedModules(guest: RunningGuest): Promise<string[]> {
  const script = 'cat /run/modules.log; dmesg';
  const { stdout } = await guest.call('exec', { argv: ['/bin/sh', '-c', script] });
  return [...stdout.matchAll(/^bpfrig-agent: cannot load \S*\/([\w-]+)\.ko\S*: (.*)$/gm)].map(
    ([, name = '', why = '']) => {
      const about = new RegExp(`^(?:\\[ *[\\d.]+\\] )?(.*(?:\\[${name}\\]|\\b${name}: ).*)$`, 'm').exec(
        stdout,
      );
      return `the kernel refused its module ${name}: ${why}${about === null ? '' : ` (${about[1]})`}`;
    },
  );
}

/** The guest's kernel does not make the devices. */
export class TopologyError extends BpfrigError {
  constructor(topology: Topology, text: string) {
    super('topology', `the ${topology} topology cannot be made: ${text}`);
  }
}

function vethCommand(queues: number): string {
  const many = `numtxqueues ${queues} numrxqueues ${queues}`;
  return `ip link add name tx address ${MAC.tx} ${many} type veth peer name rx address ${MAC.rx} ${many}`;
}

/** The kernel names virtio NICs eth0, eth1, … in the order that it finds them: go by the address. */
async function virtioCommands(
  guest: RunningGuest,
  topology: Topology,
  ends: readonly End[],
): Promise<string[]> {
  const { stdout } = await guest.call('exec', { argv: ['ip', '-o', 'link'] });
  return ends.map(end => {
    const name = new RegExp(`^\\d+: ([^:@]+)[:@].*link/ether ${MAC[end]}`, 'm').exec(stdout)?.[1];
    if (name === undefined)
      throw new TopologyError(topology, `no device has the address ${MAC[end]} (no virtio_net?)`);
    return `ip link set dev ${name} name ${end}`;
  });
}

/** What keeps a device from sending by itself. A kernel without IPv6 refuses what is about that. */
async function quietWords(guest: RunningGuest): Promise<string> {
  const { stdout } = await guest.call('exec', { argv: ['/bin/sh', '-c', 'ls /proc/sys/net'] });
  const without = 'arp off multicast off';
  return /^ipv6$/m.test(stdout) ? `${without} addrgenmode none` : without;
}

/** Debian's default, fq_codel, drops what it finds late, after the socket got its success. A FIFO refuses when it is full. */
const LOSSLESS = 'tc qdisc replace dev tx root pfifo limit 10000';

/** What a program sends back does not have the generator's address, and must be counted there. */
const PROMISCUOUS = 'ip link set dev tx promisc on';

const ADDRESSING: Readonly<Record<End, readonly string[]>> = {
  // For sockets, which are bound to `tx`: there is no ARP that would find the neighbour.
  tx: [
    `ip route add ${ADDRESS.destination} dev tx`,
    `ip neigh add ${ADDRESS.destination} lladdr ${MAC.rx} dev tx nud permanent`,
  ],
  rx: [`ip addr add ${ADDRESS.destination}/${ADDRESS.prefix} dev rx`],
};
