import type { LayerName } from './layer.ts';

/** EtherTypes: include/uapi/linux/if_ether.h. */
const ETHERTYPES: Partial<Record<LayerName, number>> = {
  ip: 0x0800,
  arp: 0x0806,
  eth: 0x6558,
  vlan: 0x8100,
  ip6: 0x86dd,
};
/** ETH_P_8021AD, the outer tag of two. */
const OUTER_VLAN = 0x88a8;
/** For experiments: IEEE 802, local experimental EtherType 1. */
const NO_ETHERTYPE = 0x88b5;

/** IP protocols: include/uapi/linux/in.h. */
export const PROTOCOLS: Partial<Record<LayerName, number>> = {
  icmp: 1,
  ip: 4,
  tcp: 6,
  udp: 17,
  ip6: 41,
  gre: 47,
  icmp6: 58,
};
/** For experiments: RFC 3692. */
const NO_PROTOCOL = 253;

/** UDP port of VXLAN, RFC 7348. */
export const VXLAN_PORT = 4789;

/** The EtherType of the first of the layers; of a tag that another one follows, that of an outer tag. */
export function etherTypeOf([next, second]: readonly LayerName[]): number {
  if (next === 'vlan' && second === 'vlan') return OUTER_VLAN;
  return (next === undefined ? undefined : ETHERTYPES[next]) ?? NO_ETHERTYPE;
}

/** The layer of an EtherType; null for one that is not known here. */
export function layerOfEtherType(type: number): LayerName | null {
  if (type === OUTER_VLAN) return 'vlan';
  return layerOf(ETHERTYPES, type);
}

/** The IP protocol of the first of the layers. */
export function protocolOf([next]: readonly LayerName[]): number {
  return (next === undefined ? undefined : PROTOCOLS[next]) ?? NO_PROTOCOL;
}

/** The layer of an IP protocol; null for one that is not known here. */
export function layerOfProtocol(protocol: number): LayerName | null {
  return layerOf(PROTOCOLS, protocol);
}

function layerOf(numbers: Partial<Record<LayerName, number>>, number: number): LayerName | null {
  const found = Object.entries(numbers).find(([, one]) => one === number);
  return (found?.[0] ?? null) as LayerName | null;
}
