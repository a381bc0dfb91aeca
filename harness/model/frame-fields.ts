/**
 * What a scenario's program may change: parts of a frame, with their first byte and the one behind their last, without a VLAN tag.
 * `length` and `vlan` are no bytes of the frame, and `order` is that of the packets of a flow. What bpfrig knows its frames by is not here: EtherType, IP version, protocol, UDP
 * destination port and the payload's magic number (bpf/frame.h).
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
