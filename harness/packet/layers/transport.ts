import { PORT } from '../../model/topology.ts';
import { inetChecksum, pseudoSum, wordSum } from '../checksum.ts';
import {
  bytesOf,
  packHeader,
  special,
  uint,
  unpackHeader,
  type Field,
  type Fields,
  type FieldValue,
} from '../fields.ts';
import type { Inside, Layer, Outside } from '../layer.ts';
import { PROTOCOLS, VXLAN_PORT } from '../numbers.ts';
import { optionBytes } from './ip.ts';
import { encodeTcpOptions, readTcpOptions } from './tcp-options.ts';

const PORTS = [
  uint('sport', 16, `source port; ${PORT.source}`),
  uint('dport', 16, `destination port; ${PORT.destination}`),
];
const CHECKSUM = uint('checksum', 16, 'by default the right one');

const UDP = [...PORTS, uint('length', 16, 'bytes of header and content'), CHECKSUM];

/** UDP, RFC 768. */
export const udp: Layer = {
  meaning: 'UDP',
  fields: UDP,
  encode: (given, inside) => {
    const dport = inside.following[0] === 'vxlan' ? VXLAN_PORT : PORT.destination;
    const length = bytesOf(UDP) + inside.payload.length;
    const header = packHeader(UDP, { sport: PORT.source, dport, length, ...given, checksum: 0 });
    // A sum of 0 is written as ffff: 0 says that there is none.
    const right = checksumOf('udp', header, inside) || 0xffff;
    return withChecksum(header, 6, given, right);
  },
  decode: (bytes, outside) => {
    const size = bytesOf(UDP);
    if (bytes.length < size) return `${bytes.length} bytes, which is less than a header`;
    const values = unpackHeader(UDP, bytes);
    const length = Number(values['length']);
    const fits = length >= size && length <= bytes.length;
    const none = values['checksum'] === 0 && outside.addresses?.src.length === 4;
    const sum = none ? { checksum_ok: true } : isRight('udp', bytes.subarray(0, length), outside);
    return {
      values: { ...values, ...sum },
      size,
      ...(fits || outside.fragment
        ? { end: fits ? length : bytes.length }
        : { problem: `length ${length} of ${bytes.length} bytes` }),
      next: values['dport'] === VXLAN_PORT ? 'vxlan' : null,
    };
  },
};

const TCP = [
  ...PORTS,
  uint('seq', 32, '0'),
  uint('ack', 32, '0'),
  uint('header_length', 4, 'in units of 4 bytes'),
  uint('reserved', 4, '0'),
  special('flags', 'tcp_flags', 'letters FSRPAUEC, such as SA for SYN and ACK, or a number; S'),
  uint('window', 16, '65535'),
  CHECKSUM,
  uint('urgent', 16, '0'),
];

/** TCP with its options, RFC 9293. */
export const tcp: Layer = {
  meaning: 'TCP',
  fields: TCP,
  encode: (given, inside) => {
    const options = optionBytes('tcp', given['options'] ?? encodeTcpOptions(given));
    const header = packHeader(TCP, {
      sport: PORT.source,
      dport: PORT.destination,
      header_length: (bytesOf(TCP) + options.length) / 4,
      flags: 'S',
      window: 0xffff,
      ...given,
      checksum: 0,
    });
    const whole = Buffer.concat([header, options]);
    return withChecksum(whole, 16, given, checksumOf('tcp', whole, inside));
  },
  decode: (bytes, outside) => {
    if (bytes.length < bytesOf(TCP)) return `${bytes.length} bytes, which is less than a header`;
    const values = unpackHeader(TCP, bytes);
    const size = 4 * Number(values['header_length']);
    if (size < bytesOf(TCP) || size > bytes.length) return `a header of ${size} bytes cannot be`;
    const options = readTcpOptions(bytes.subarray(bytesOf(TCP), size));
    return { values: { ...values, ...isRight('tcp', bytes, outside), ...options }, size, next: null };
  },
};

function icmpLayer(name: 'icmp' | 'icmp6', meaning: string, echo: number): Layer {
  const fields: readonly Field[] = [
    uint('type', 8, `${echo}, an echo request`),
    uint('code', 8, '0'),
    CHECKSUM,
    uint('id', 16, 'the first half of the four bytes behind the checksum; 0'),
    uint('seq', 16, 'the second half of them; 0'),
  ];
  return {
    meaning,
    fields,
    encode: (given, inside) => {
      const header = packHeader(fields, { type: echo, ...given, checksum: 0 });
      return withChecksum(header, 2, given, checksumOf(name, header, inside));
    },
    decode: (bytes, outside) => {
      const size = bytesOf(fields);
      if (bytes.length < size) return `${bytes.length} bytes, which is less than a header`;
      const values = { ...unpackHeader(fields, bytes), ...isRight(name, bytes, outside) };
      return { values, size, next: null };
    },
  };
}

/** ICMP, RFC 792. */
export const icmp = icmpLayer('icmp', 'ICMP', 8);
/** ICMPv6, RFC 4443. */
export const icmp6 = icmpLayer('icmp6', 'ICMPv6', 128);

type Transport = 'udp' | 'tcp' | 'icmp' | 'icmp6';

/** What the checksum covers besides the bytes: ICMP has no pseudo header. */
function startSum(name: Transport, length: number, addresses: Outside['addresses']): number {
  if (name === 'icmp' || addresses === null) return 0;
  return pseudoSum(addresses, PROTOCOLS[name] ?? 0, length);
}

function checksumOf(name: Transport, header: Buffer, { payload, addresses }: Inside): number {
  const bytes = Buffer.concat([header, payload]);
  return inetChecksum(bytes, startSum(name, bytes.length, addresses));
}

/** `checksum_ok`, unless only a part of what it covers is there. */
function isRight(
  name: Transport,
  bytes: Buffer,
  { addresses, fragment }: Outside,
): Record<string, FieldValue> {
  if (fragment) return {};
  return { checksum_ok: wordSum(bytes, startSum(name, bytes.length, addresses)) === 0xffff };
}

function withChecksum(header: Buffer, at: number, given: Fields, right: number): Buffer {
  const { checksum = right } = given;
  header.writeUInt16BE(Number(checksum), at);
  return header;
}
