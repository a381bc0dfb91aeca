import { isIPv4, isIPv6 } from 'node:net';

/** The bytes of an address in network order: 4 of `198.18.0.1`, 16 of `fd00::1`; null for any other text. */
export function ipBytes(text: string): Buffer | null {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  // A zone, as in fe80::1%eth0, is no part of the address.
  if (!isIPv6(text) || text.includes('%')) return null;
  const [head = '', tail] = text.split('::');
  const [front, back] = [groups(head), groups(tail ?? '')];
  return Buffer.from([...front, ...Array<number>(16 - front.length - back.length).fill(0), ...back]);
}

/** Bytes of one side of `::`: groups of four hex digits, at the end perhaps an IPv4 address. */
function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap(group => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** The 6 bytes of a MAC address, `52:54:00:12:34:56` or with `-`; null for any other text. */
export function macBytes(text: string): Buffer | null {
  if (!/^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(text)) return null;
  return Buffer.from(text.replaceAll(/[:-]/g, ''), 'hex');
}
