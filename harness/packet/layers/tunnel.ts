import { inetChecksum } from '../checksum.ts';
import { bytesOf, packHeader, uint, unpackHeader, type Fields } from '../fields.ts';
import type { Layer } from '../layer.ts';
import { etherTypeOf, layerOfEtherType } from '../numbers.ts';

const GRE = [
  uint(
    'flags',
    16,
    'by default those of the parts that are written: 0x8000 checksum, 0x2000 key, 0x1000 seq',
  ),
  uint('type', 16, 'EtherType of the content; by default that of `inner`'),
];
const [CHECKSUM_PRESENT, ROUTING_PRESENT, KEY_PRESENT, SEQ_PRESENT, VERSION] = [
  0x8000, 0x4000, 0x2000, 0x1000, 7,
];

/** Parts that a GRE header has or does not have, in their order: RFC 2784 and 2890. */
export const GRE_PARTS = [
  { flag: CHECKSUM_PRESENT, fields: [uint('checksum', 16, ''), uint('reserved', 16, '')] },
  { flag: KEY_PRESENT, fields: [uint('key', 32, '')] },
  { flag: SEQ_PRESENT, fields: [uint('seq', 32, '')] },
] as const;

/** GRE, RFC 2784. */
export const gre: Layer = {
  meaning: 'GRE around `inner`',
  fields: GRE,
  encode: (given, { payload, following }) => {
    const parts = GRE_PARTS.filter(({ fields }) => fields.some(({ name }) => given[name] !== undefined));
    const flags = parts.reduce((bits, { flag }) => bits | flag, 0);
    const { checksum } = given;
    const header = Buffer.concat([
      packHeader(GRE, { flags, type: etherTypeOf(following), ...given }),
      ...parts.map(({ fields }) => packHeader(fields, { ...given, checksum: 0 })),
    ]);
    if (checksum !== undefined) {
      const right = inetChecksum(Buffer.concat([header, payload]));
      header.writeUInt16BE(checksum === true ? right : Number(checksum), bytesOf(GRE));
    }
    return header;
  },
  decode: bytes => {
    if (bytes.length < bytesOf(GRE)) return `${bytes.length} bytes, which is less than a header`;
    const values: Fields = unpackHeader(GRE, bytes);
    const flags = Number(values['flags']);
    const known = (flags & (ROUTING_PRESENT | VERSION)) === 0;
    const parts = known
      ? GRE_PARTS.filter(({ flag }) => (flags & flag) !== 0).flatMap(part => part.fields)
      : [];
    const size = bytesOf([...GRE, ...parts]);
    if (size > bytes.length) return `${bytes.length} bytes of a header of ${size}`;
    const more = unpackHeader(parts, bytes.subarray(bytesOf(GRE)));
    const next = known ? layerOfEtherType(Number(values['type'])) : null;
    return { values: { ...values, ...more }, size, next: next === 'vlan' ? null : next, tunnel: true };
  },
};

const VXLAN = [
  uint('flags', 8, '0x08: the VNI is valid'),
  uint('reserved', 24, '0'),
  uint('vni', 24, 'network identifier; 1'),
  uint('reserved2', 8, '0'),
];

/** VXLAN, RFC 7348. */
export const vxlan: Layer = {
  meaning: 'VXLAN around the frame `inner`',
  fields: VXLAN,
  encode: given => packHeader(VXLAN, { flags: 0x08, vni: 1, ...given }),
  decode: bytes => {
    const size = bytesOf(VXLAN);
    if (bytes.length < size) return `${bytes.length} bytes, which is less than a header`;
    return { values: unpackHeader(VXLAN, bytes), size, next: 'eth', tunnel: true };
  },
};
