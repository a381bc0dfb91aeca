import { isIPv4, isIPv6 } from 'node:net';

/** An Ethernet address as text: six bytes of two hex digits each. */
export const MAC_TEXT = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i;

/** The six bytes of an Ethernet address, `52:54:00:b9:f0:02`. */
export function macBytes(text: string): Buffer {
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}

/** Six bytes as text. */
export function macText(bytes: Buffer): string {
  return [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join(':');
}

/** Whether a text is an IPv4 address. */
export function isIp4(text: string): boolean {
  return isIPv4(text);
}

/** The four bytes of an IPv4 address, `198.18.0.1`. */
export function ip4Bytes(text: string): Buffer {
  return Buffer.from(text.split('.').map(Number));
}

/** Four bytes as text. */
export function ip4Text(bytes: Buffer): string {
  return bytes.join('.');
}

/** Whether a text is an IPv6 address; one with a zone, `fe80::1%eth0`, is none. */
export function isIp6(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

/** The sixteen bytes of an IPv6 address, also of one that ends as an IPv4 address does. */
export function ip6Bytes(text: string): Buffer {
  const [head = '', tail] = text.split('::');
  const [before, after] = [groups(head), tail === undefined ? [] : groups(tail)];
  const bytes = Buffer.alloc(16);
  before.forEach((group, index) => bytes.writeUInt16BE(group, 2 * index));
  after.forEach((group, index) => bytes.writeUInt16BE(group, 16 - 2 * (after.length - index)));
  return bytes;
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap(group => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const four = ip4Bytes(group);
    return [four.readUInt16BE(0), four.readUInt16BE(2)];
  });
}

/** Sixteen bytes as text, in the form of RFC 5952: lower case, the first of the longest runs of zeroes as `::`. */
export function ip6Text(bytes: Buffer): string {
  const words = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index));
  const [start, length] = longestZeroes(words);
  const text = (some: readonly number[]): string => some.map(word => word.toString(16)).join(':');
  return length < 2 ? text(words) : `${text(words.slice(0, start))}::${text(words.slice(start + length))}`;
}

function longestZeroes(words: readonly number[]): [start: number, length: number] {
  let [best, most] = [0, 0];
  for (let at = 0; at < words.length; at += 1) {
    let length = 0;
    while (words[at + length] === 0) length += 1;
    if (length > most) [best, most] = [at, length];
    at += length;
  }
  return [best, most];
}
