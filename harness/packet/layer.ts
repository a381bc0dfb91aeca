import { ADDRESS, MAC } from '../model/topology.ts';
import type { Addresses } from './checksum.ts';
import type { Field, Fields } from './fields.ts';

/** The layers of a frame in the order in which they can follow each other. */
export const LAYER_NAMES = [
  'eth',
  'vlan',
  'arp',
  'ip',
  'ip6',
  'tcp',
  'udp',
  'icmp',
  'icmp6',
  'gre',
  'vxlan',
] as const;

/** The name of a layer, as descriptions and decoded frames have it. */
export type LayerName = (typeof LAYER_NAMES)[number];

/** Addresses of one end of the wire. */
interface End {
  readonly mac: string;
  readonly ip: string;
  readonly ip6: string;
}

/** Where a frame comes from and where it goes: what it says of addresses by default. */
export interface Ends {
  readonly src: End;
  readonly dst: End;
}

const TX: End = { mac: MAC.tx, ip: ADDRESS.source, ip6: ADDRESS.source6 };
const RX: End = { mac: MAC.rx, ip: ADDRESS.destination, ip6: ADDRESS.destination6 };

/** The ends of a frame by the device that sends it. */
export const ENDS: Readonly<Record<'tx' | 'rx', Ends>> = {
  tx: { src: TX, dst: RX },
  rx: { src: RX, dst: TX },
};

/** What a header is made for. */
export interface Inside {
  /** Everything that follows the header and belongs to it. */
  readonly payload: Buffer;
  /** The layers that follow, next first. */
  readonly following: readonly LayerName[];
  readonly ends: Ends;
  /** Of the IP header around it; null without one. */
  readonly addresses: Addresses | null;
}

/** What a header is read in. */
export interface Outside {
  readonly addresses: Addresses | null;
  /** The IP header around it says that this is a fragment: checksums over the whole cannot be verified. */
  readonly fragment: boolean;
}

/** A header that was read. */
export interface ReadHeader {
  readonly values: Fields;
  /** Bytes of the header. */
  readonly size: number;
  /** Where what belongs to it ends, in bytes from its begin; absent: at the end of what there is. */
  readonly end?: number;
  /** null: what follows is payload. */
  readonly next: LayerName | null;
  /** What follows is a frame or packet within this one. */
  readonly tunnel?: boolean;
  /** Absent: as before. */
  readonly outside?: Outside;
  /** What is wrong with the header, which could be read all the same. */
  readonly problem?: string;
}

/** How one layer is made and read. */
export interface Layer {
  readonly meaning: string;
  /** The fixed part of the header. */
  readonly fields: readonly Field[];
  /** The header. Throws BpfrigError `scenario` for values that do not fit it. */
  encode(given: Fields, inside: Inside): Buffer;
  /** Reads a header; a text says why it cannot be read. */
  decode(bytes: Buffer, outside: Outside): ReadHeader | string;
}
