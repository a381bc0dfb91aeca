/** How the traffic's two devices `tx` and `rx` are made; `link` is the one with two guests. */
export const TOPOLOGIES = ['veth', 'virtio', 'link', 'none'] as const;

/** How the devices of a guest are made. */
export type Topology = (typeof TOPOLOGIES)[number];

/** Whether a text is a topology's name. */
export function isTopology(text: string): text is Topology {
  return (TOPOLOGIES as readonly string[]).includes(text);
}

/** An end of the traffic's wire, and the name of the device there. */
export type End = 'tx' | 'rx';

/** Both ends in one guest. */
export const BOTH_ENDS: readonly End[] = ['tx', 'rx'];

/** MAC addresses by role. The guest finds its devices by them: a kernel numbers NICs in the order that it finds them. */
export const MAC = {
  mgmt: '52:54:00:b9:f0:00',
  tx: '52:54:00:b9:f0:01',
  rx: '52:54:00:b9:f0:02',
} as const;

/**
 * Addresses of the traffic: TEST-NET of RFC 2544, and the prefix of RFC 5180. The source has no device in the guest, so that nothing
 * answers to it.
 */
export const ADDRESS = {
  source: '198.18.0.1',
  /** Of the sockets behind `tx` that are to be answered: an address of `tx` as soon as a step needs it. */
  client: '198.18.0.2',
  destination: '198.18.1.1',
  prefix: 24,
  source6: '2001:2::1',
  destination6: '2001:2:0:1::1',
} as const;

/** UDP ports of the traffic: that of flow 0 (BPFRIG_SPORT), and discard (BPFRIG_PORT of bpf/bpfrig.h). */
export const PORT = { source: 9000, destination: 9 } as const;
