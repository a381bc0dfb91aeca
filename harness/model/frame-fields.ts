/**
 * What a scenario's program may change: parts of a frame, with their first byte and the one behind their last, without a VLAN tag.
 * `length` and `vlan` are no bytes of the frame, and `order` is that of the packets of a flow. What bpfrig knows its frames by is not here: EtherType, IP version, protocol, UDP
 * destination port and the payload's magic number.
 */
export const FRAME_FIELDS = {
  dst_mac: [0, 6],
  src_mac: [6, 12],
  tos: [15, 16],
  ip_len: [16, 18],
  ip_id: [18, 20],
  ip_off: [20, 22],
  ttl: [22, 23],
  ip_csum: [24, 26],
  src_ip: [26, 30],
  dst_ip: [30, 34],
  src_port: [34, 36],
  udp_len: [38, 40],
  udp_csum: [40, 42],
  number: [46, 50],
  note: [54, 58],
  payload: [50, 9216],
  length: null,
  vlan: null,
  order: null,
} as const satisfies Record<string, readonly [number, number] | null>;

/** The name of what is changed, as scenarios write it. */
export type FrameField = keyof typeof FRAME_FIELDS;

/** Every name, in the order of the frame. */
export const FRAME_FIELD_NAMES = Object.keys(FRAME_FIELDS) as [FrameField, ...FrameField[]];

/** Where the same parts are in a frame of pktgen's with IPv6; parts that it does not have are left out. */
export const IP6_FIELDS: Readonly<Partial<Record<FrameField, readonly [number, number]>>> = {
  dst_mac: [0, 6],
  src_mac: [6, 12],
  tos: [14, 16],
  ip_len: [18, 20],
  ttl: [21, 22],
  src_ip: [22, 38],
  dst_ip: [38, 54],
  src_port: [54, 56],
  udp_len: [58, 60],
  udp_csum: [60, 62],
  number: [66, 70],
};
