import { bytesOf, flag, packHeader, special, uint, unpackHeader, type Fields } from '../fields.ts';
import type { Layer, LayerName } from '../layer.ts';
import { etherTypeOf, layerOfEtherType } from '../numbers.ts';

const ETH = [
  special('dst', 'mac', "destination; by default the receiving device's"),
  special('src', 'mac', "source; by default the sending device's"),
  uint('type', 16, 'EtherType; by default that of the next layer'),
];

/** The Ethernet header. */
export const eth: Layer = {
  meaning: 'Ethernet; every frame has it, also where it is not written',
  fields: ETH,
  encode: (given, { following, ends }) =>
    packHeader(ETH, { dst: ends.dst.mac, src: ends.src.mac, type: etherTypeOf(following), ...given }),
  decode: bytes => {
    const size = bytesOf(ETH);
    if (bytes.length < size) return `${bytes.length} bytes, which is less than a header`;
    const values = unpackHeader(ETH, bytes);
    return { values, size, next: contentOf(values) };
  },
};

const VLAN = [
  uint('pcp', 3, 'priority; 0'),
  flag('dei', 'drop eligible; false'),
  uint('id', 12, 'VLAN ID; 1'),
  uint('type', 16, 'EtherType of what is tagged; by default that of the next layer'),
];

/** A VLAN tag, IEEE 802.1Q. The EtherType of the tag itself is the `type` of the layer before it. */
export const vlan: Layer = {
  meaning: 'a VLAN tag: its ID, or its fields; a list for several tags, the outer one first',
  fields: VLAN,
  encode: (given, { following }) => packHeader(VLAN, { id: 1, type: etherTypeOf(following), ...given }),
  decode: bytes => {
    const size = bytesOf(VLAN);
    if (bytes.length < size) return `${bytes.length} bytes, which is less than a tag`;
    const values = unpackHeader(VLAN, bytes);
    return { values, size, next: contentOf(values) };
  },
};

const ARP = [
  uint('hardware', 16, 'type of the hardware; 1, Ethernet'),
  uint('protocol', 16, 'EtherType of the addresses; 0x0800'),
  uint('hardware_length', 8, '6'),
  uint('protocol_length', 8, '4'),
  uint('op', 16, '1 request, 2 reply; 1'),
  special('sender_mac', 'mac', "by default the sending device's"),
  special('sender_ip', 'ip4', "by default the traffic's source"),
  special('target_mac', 'mac', 'by default zeroes'),
  special('target_ip', 'ip4', "by default the traffic's destination"),
];

/** ARP for IPv4 over Ethernet, RFC 826. */
export const arp: Layer = {
  meaning: 'ARP for IPv4 over Ethernet',
  fields: ARP,
  encode: (given, { ends }) =>
    packHeader(ARP, {
      hardware: 1,
      protocol: 0x0800,
      hardware_length: 6,
      protocol_length: 4,
      op: 1,
      sender_mac: ends.src.mac,
      sender_ip: ends.src.ip,
      target_mac: '00:00:00:00:00:00',
      target_ip: ends.dst.ip,
      ...given,
    }),
  decode: bytes => {
    const size = bytesOf(ARP);
    if (bytes.length < size) return `${bytes.length} bytes, which is less than ARP for IPv4 over Ethernet`;
    return { values: unpackHeader(ARP, bytes), size, next: null };
  },
};

/** What an EtherType says; a frame within a frame is only in tunnels. */
function contentOf({ type }: Fields): LayerName | null {
  const layer = layerOfEtherType(Number(type));
  return layer === 'eth' ? null : layer;
}
