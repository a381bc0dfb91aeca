import { ADDRESS, MAC, type End } from '../model/topology.ts';
import { BpfrigError } from '../util/errors.ts';
import { callBatch } from './batch.ts';
import { request, type AgentCaller } from './protocol.ts';

/**
 * Lets sockets behind `tx` and the stack behind `rx` talk to each other over the wire, in both directions. With both ends in one guest,
 * each address is one of the guest's own: without the rules, the kernel delivers what is sent to it by `lo`.
 *
 * The devices are set to send frames that are complete: one segment each, with its checksum. A veth would hand over merged segments whose
 * checksums are unfinished, and what XDP redirects has no note of that: the stack behind a cpumap drops it (`TcpInCsumErrors`).
 */
export async function makeWireRoutes(guest: AgentCaller, ends: readonly End[]): Promise<void> {
  const both = ends.length === 2;
  const lines = [...ends.flatMap(end => ENDS[end]), ...(both ? RULES : [])];
  const answers = await callBatch(guest, [
    request('write_file', { path: BATCH, data: `${lines.join('\n')}\n` }),
    ...(both ? ends.map(acceptLocal) : []),
    request('exec', { argv: ['ip', '-batch', BATCH] }),
    ...ends.map(end => request('exec', { argv: ['ethtool', '-K', end, ...WHOLE_FRAMES] })),
  ]);
  for (const answer of answers) {
    if (!('status' in answer) || answer.status === 0) continue;
    throw new BpfrigError('harness', `the routes between tx and rx cannot be made: ${answer.stderr.trim()}`);
  }
}

const BATCH = '/run/wire-routes';

/** No unfinished checksums, no merged segments. */
const WHOLE_FRAMES = ['tx', 'off', 'tso', 'off', 'gso', 'off'];

const ENDS: Readonly<Record<End, readonly string[]>> = {
  // The route and the neighbour of the other direction are there: topology.ts.
  tx: [`addr add ${ADDRESS.client}/32 dev tx`],
  rx: [
    `route add ${ADDRESS.client} dev rx`,
    `neigh add ${ADDRESS.client} lladdr ${MAC.tx} dev rx nud permanent`,
  ],
};

/** What the guest itself sends from one of the addresses to the other leaves by the device, before the table `local` is asked. */
const RULES = [
  `rule add pref 1 iif lo from ${ADDRESS.client} to ${ADDRESS.destination} lookup 101`,
  `rule add pref 1 iif lo from ${ADDRESS.destination} to ${ADDRESS.client} lookup 102`,
  `route add ${ADDRESS.destination} dev tx table 101`,
  `route add ${ADDRESS.client} dev rx table 102`,
  'rule add pref 2 lookup local',
  'rule del pref 0',
];

/** The source of what arrives is an address of this guest. */
function acceptLocal(end: End) {
  return request('write_file', { path: `/proc/sys/net/ipv4/conf/${end}/accept_local`, data: '1' });
}
