import { isIPv4, isIPv6 } from 'node:net';
import { Address6 } from 'ip-address';

/** An Ethernet address as text: six bytes of two hex digits each. */
export const MAC_TEXT = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i;

/** Whether a text is an IPv4 address: four decimal numbers. */
export function isIp4(text: string): boolean {
  return isIPv4(text);
}

/** Whether a text is an IPv6 address; one with a zone, `fe80::1%eth0`, is none. */
export function isIp6(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

/** The bytes of an address in network order: 4 of `198.18.0.1`, 16 of `fd00::1`; null for any other text. */
export function parseIp(text: string): Buffer | null {
  if (isIp4(text)) return Buffer.from(text.split('.').map(Number));
  return isIp6(text) ? Buffer.from(new Address6(text).toUnsignedByteArray()) : null;
}

/** The bytes of a text that is known to be an address, as `parseIp` returns them. Throws `TypeError` if it is none. */
export function ipBytes(text: string): Buffer {
  return known(parseIp(text), text);
}

/** 4 or 16 bytes in network order as text; IPv6 in the form of RFC 5952: lower case, the first of the longest runs of zeroes as `::`. */
export function ipText(bytes: Buffer): string {
  return bytes.length === 4 ? bytes.join('.') : Address6.fromUnsignedByteArray([...bytes]).correctForm();
}

/** The 6 bytes of a MAC address, `52:54:00:12:34:56` or with `-`; null for any other text. */
export function parseMac(text: string): Buffer | null {
  if (!/^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(text)) return null;
  return Buffer.from(text.replaceAll(/[:-]/g, ''), 'hex');
}

/** The 6 bytes of a text that is known to be a MAC address. Throws `TypeError` if it is none. */
export function macBytes(text: string): Buffer {
  return known(parseMac(text), text);
}

/** Six bytes as text: `52:54:00:b9:f0:02`. */
export function macText(bytes: Buffer): string {
  return [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join(':');
}

function known(bytes: Buffer | null, text: string): Buffer {
  if (bytes === null) throw new TypeError(`\`${text}\` is not an address`);
  return bytes;
}
