import type { Layer, LayerName } from './layer.ts';
import { ip, ip6 } from './layers/ip.ts';
import { arp, eth, vlan } from './layers/link.ts';
import { icmp, icmp6, tcp, udp } from './layers/transport.ts';
import { gre, vxlan } from './layers/tunnel.ts';

/** How each layer is made and read. */
export const LAYERS: Readonly<Record<LayerName, Layer>> = {
  eth,
  vlan,
  arp,
  ip,
  ip6,
  tcp,
  udp,
  icmp,
  icmp6,
  gre,
  vxlan,
};
