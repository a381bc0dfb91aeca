import { BpfrigError } from '../util/errors.ts';
import { ipBytes, ipText, macBytes, macText } from '../util/addresses.ts';

/** What a field of a header holds, and so how it is written: a number, true or false, an address, the letters of TCP flags. */
export type FieldKind = 'uint' | 'flag' | 'mac' | 'ip4' | 'ip6' | 'tcp_flags';

/** One field of a header. */
export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly bits: number;
  /** What it is, and what it is by default. */
  readonly meaning: string;
}

/** The value of one field. */
export type FieldValue = number | string | boolean;

/** Values by the names of their fields; a list is that of parts which a header can have several of. */
export type Fields = { readonly [name: string]: FieldValue | readonly Fields[] | undefined };

/** The text of a field that has one; '' for any other. */
export function textOf(value: Fields[string]): string {
  return typeof value === 'string' ? value : '';
}

/** A number of so many bits. */
export function uint(name: string, bits: number, meaning: string): Field {
  return { name, kind: 'uint', bits, meaning };
}

/** One bit. */
export function flag(name: string, meaning: string): Field {
  return { name, kind: 'flag', bits: 1, meaning };
}

/** An address, or the eight flags of TCP. */
export function special(name: string, kind: 'mac' | 'ip4' | 'ip6' | 'tcp_flags', meaning: string): Field {
  return { name, kind, bits: { mac: 48, ip4: 32, ip6: 128, tcp_flags: 8 }[kind], meaning };
}

/** Letters of the TCP flags, lowest bit first, as tcpdump has them: FIN, SYN, RST, PSH, ACK, URG, ECE, CWR. */
export const TCP_FLAGS = ['F', 'S', 'R', 'P', 'A', 'U', 'E', 'C'] as const;

/**
 * The bytes of a header: its fields one after another, which are whole bytes together. A field without a value is 0. Throws BpfrigError
 * `scenario` for a number that does not fit its field.
 */
export function packHeader(fields: readonly Field[], values: Fields): Buffer {
  const bytes = Buffer.alloc(bytesOf(fields));
  let at = 0;
  for (const { name, kind, bits } of fields) {
    const value = values[name] ?? 0;
    if (kind === 'mac' || kind === 'ip4' || kind === 'ip6') {
      if (typeof value === 'string') addressBytes(kind, value).copy(bytes, at / 8);
    } else
      writeBits(
        bytes,
        at,
        bits,
        fitting(name, bits, kind === 'tcp_flags' ? tcpFlagBits(value) : Number(value)),
      );
    at += bits;
  }
  return bytes;
}

/** The fields of a header; `bytes` must have all of it. */
export function unpackHeader(fields: readonly Field[], bytes: Buffer): Record<string, FieldValue> {
  const values: Record<string, FieldValue> = {};
  let at = 0;
  for (const { name, kind, bits } of fields) {
    values[name] = readField(kind, bits, bytes, at);
    at += bits;
  }
  return values;
}

/** Bytes that fields take together. */
export function bytesOf(fields: readonly Field[]): number {
  return fields.reduce((sum, { bits }) => sum + bits, 0) / 8;
}

function readField(kind: FieldKind, bits: number, bytes: Buffer, at: number): FieldValue {
  const part = (): Buffer => bytes.subarray(at / 8, (at + bits) / 8);
  switch (kind) {
    case 'uint':
      return readBits(bytes, at, bits);
    case 'flag':
      return readBits(bytes, at, bits) === 1;
    case 'tcp_flags':
      return tcpFlagText(readBits(bytes, at, bits));
    case 'mac':
      return macText(part());
    case 'ip4':
      return ipText(part());
    case 'ip6':
      return ipText(part());
  }
}

function fitting(name: string, bits: number, value: number): number {
  if (value >= 0 && value < 2 ** bits) return value;
  throw new BpfrigError('scenario', `\`${name}\` has ${bits} bits: ${value} does not fit`);
}

function addressBytes(kind: 'mac' | 'ip4' | 'ip6', text: string): Buffer {
  return { mac: macBytes, ip4: ipBytes, ip6: ipBytes }[kind](text);
}

function tcpFlagBits(value: Fields[string]): number {
  if (typeof value === 'number') return value;
  return TCP_FLAGS.reduce(
    (bits, letter, index) => bits | (textOf(value).includes(letter) ? 1 << index : 0),
    0,
  );
}

function tcpFlagText(bits: number): string {
  return TCP_FLAGS.filter((_, index) => (bits >> index) & 1).join('');
}

function writeBits(bytes: Buffer, at: number, bits: number, value: number): void {
  if (at % 8 === 0 && bits % 8 === 0) {
    bytes.writeUIntBE(value, at / 8, bits / 8);
    return;
  }
  for (let bit = 0; bit < bits; bit += 1) {
    const place = at + bit;
    const set = Math.floor(value / 2 ** (bits - 1 - bit)) % 2;
    bytes.writeUInt8(bytes.readUInt8(place >> 3) | (set << (7 - (place % 8))), place >> 3);
  }
}

function readBits(bytes: Buffer, at: number, bits: number): number {
  if (at % 8 === 0 && bits % 8 === 0) return bytes.readUIntBE(at / 8, bits / 8);
  let value = 0;
  for (let place = at; place < at + bits; place += 1)
    value = value * 2 + ((bytes.readUInt8(place >> 3) >> (7 - (place % 8))) & 1);
  return value;
}
