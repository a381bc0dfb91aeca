import { BpfrigError } from '../../util/errors.ts';
import { ipBytes } from '../../util/addresses.ts';
import { inetChecksum, wordSum, type Addresses } from '../checksum.ts';
import { bytesOf, flag, packHeader, special, textOf, uint, unpackHeader, type Fields } from '../fields.ts';
import type { Ends, Layer } from '../layer.ts';
import { layerOfProtocol, protocolOf } from '../numbers.ts';
import { encodeExtensions, readExtensions } from './extensions.ts';

const IP = [
  uint('version', 4, '4'),
  uint('header_length', 4, 'in units of 4 bytes'),
  uint('tos', 8, 'DSCP and ECN; 0'),
  uint('length', 16, 'bytes of header and content'),
  uint('id', 16, '0'),
  flag('reserved', 'the reserved bit; false'),
  flag('df', "don't fragment; false"),
  flag('mf', 'more fragments; false'),
  uint('offset', 13, 'of a fragment, in units of 8 bytes; 0'),
  uint('ttl', 8, '64'),
  uint('protocol', 8, 'by default that of the next layer'),
  uint('checksum', 16, 'by default the right one'),
  special('src', 'ip4', "by default the traffic's source"),
  special('dst', 'ip4', "by default the traffic's destination"),
];
const CHECKSUM_AT = 10;

/** IPv4, RFC 791. */
export const ip: Layer = {
  meaning: 'IPv4',
  fields: IP,
  encode: (given, { payload, following, ends }) => {
    const options = optionBytes('ip', given['options']);
    const fixed = bytesOf(IP);
    const header = Buffer.concat([
      packHeader(IP, {
        version: 4,
        header_length: (fixed + options.length) / 4,
        length: fixed + options.length + payload.length,
        ttl: 64,
        protocol: protocolOf(following),
        src: ends.src.ip,
        dst: ends.dst.ip,
        ...given,
        checksum: 0,
      }),
      options,
    ]);
    const { checksum = inetChecksum(header) } = given;
    header.writeUInt16BE(Number(checksum), CHECKSUM_AT);
    return header;
  },
  decode: bytes => {
    if (bytes.length < bytesOf(IP)) return `${bytes.length} bytes, which is less than a header`;
    const values = unpackHeader(IP, bytes);
    const size = 4 * Number(values['header_length']);
    if (size < bytesOf(IP) || size > bytes.length) return `a header of ${size} bytes cannot be`;
    const length = Number(values['length']);
    const fits = length >= size && length <= bytes.length;
    const fragment = values['mf'] === true || values['offset'] !== 0;
    const next = layerOfProtocol(Number(values['protocol']));
    const options = bytes.subarray(bytesOf(IP), size);
    return {
      values: {
        ...values,
        checksum_ok: wordSum(bytes.subarray(0, size)) === 0xffff,
        ...(options.length > 0 ? { options: options.toString('hex') } : {}),
      },
      size,
      ...(fits ? { end: length } : { problem: `length ${length} of ${bytes.length} bytes` }),
      next: values['offset'] === 0 ? next : null,
      tunnel: next === 'ip' || next === 'ip6',
      outside: { addresses: { src: bytes.subarray(12, 16), dst: bytes.subarray(16, 20) }, fragment },
    };
  },
};

const IP6 = [
  uint('version', 4, '6'),
  uint('traffic_class', 8, '0'),
  uint('flow_label', 20, '0'),
  uint('length', 16, 'bytes of everything behind this header'),
  uint('next_header', 8, 'by default that of the first extension, or of the next layer'),
  uint('hop_limit', 8, '64'),
  special('src', 'ip6', "by default the traffic's source, 2001:2::1"),
  special('dst', 'ip6', "by default the traffic's destination, 2001:2:0:1::1"),
];

/** IPv6 with its extension headers, RFC 8200. */
export const ip6: Layer = {
  meaning: 'IPv6',
  fields: IP6,
  encode: (given, { payload, following, ends }) => {
    const { first, bytes } = encodeExtensions(extensionsOf(given), protocolOf(following));
    const header = packHeader(IP6, {
      version: 6,
      length: bytes.length + payload.length,
      next_header: first,
      hop_limit: 64,
      src: ends.src.ip6,
      dst: ends.dst.ip6,
      ...given,
    });
    return Buffer.concat([header, bytes]);
  },
  decode: bytes => {
    const fixed = bytesOf(IP6);
    if (bytes.length < fixed) return `${bytes.length} bytes, which is less than a header`;
    const values = unpackHeader(IP6, bytes);
    const length = Number(values['length']);
    const fits = fixed + length <= bytes.length;
    const content = bytes.subarray(fixed, fits ? fixed + length : bytes.length);
    const chain = readExtensions(content, Number(values['next_header']));
    const next = layerOfProtocol(chain.next);
    return {
      values: { ...values, ...(chain.list.length > 0 ? { extensions: chain.list } : {}) },
      size: fixed + chain.size,
      ...(fits ? { end: fixed + length } : { problem: `length ${length} of ${bytes.length - fixed} bytes` }),
      ...(chain.problem === null ? {} : { problem: chain.problem }),
      next: chain.later ? null : next,
      tunnel: next === 'ip' || next === 'ip6',
      outside: {
        addresses: { src: bytes.subarray(8, 24), dst: bytes.subarray(24, 40) },
        fragment: chain.fragment,
      },
    };
  },
};

/** The addresses that a description of an IP header means. */
export function addressesOf(name: 'ip' | 'ip6', given: Fields, ends: Ends): Addresses {
  const bytes = name === 'ip' ? ipBytes : ipBytes;
  const { src = ends.src[name], dst = ends.dst[name] } = given;
  return { src: bytes(textOf(src)), dst: bytes(textOf(dst)) };
}

/** Bytes of options of a header, filled up to a multiple of 4. Throws `scenario` when the header would be too long. */
export function optionBytes(layer: string, hex: Fields[string]): Buffer {
  const given = Buffer.from(textOf(hex), 'hex');
  if (given.length > 40)
    throw new BpfrigError('scenario', `\`${layer}\` has ${given.length} bytes of options: 40 at most`);
  return Buffer.concat([given, Buffer.alloc((4 - (given.length % 4)) % 4)]);
}

function extensionsOf({ extensions }: Fields): readonly Fields[] {
  return typeof extensions === 'object' ? extensions : [];
}
