/** The ones' complement sum of RFC 1071 over big-endian words; a last odd byte is the upper half of a word. */
export function wordSum(bytes: Buffer, start = 0): number {
  let sum = start;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  if (bytes.length % 2 === 1) sum += bytes.readUInt8(bytes.length - 1) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** The Internet checksum: the complement of the sum. `start` is the sum of what comes before, as of a pseudo header. */
export function inetChecksum(bytes: Buffer, start = 0): number {
  return ~wordSum(bytes, start) & 0xffff;
}

/** Source and destination of the IP header around a transport layer, in bytes. */
export interface Addresses {
  readonly src: Buffer;
  readonly dst: Buffer;
}

/** The sum of the pseudo header of IPv4 (RFC 768) or IPv6 (RFC 8200, section 8.1): they are the same for a length below 64 KiB. */
export function pseudoSum({ src, dst }: Addresses, protocol: number, length: number): number {
  return wordSum(Buffer.concat([src, dst]), protocol + (length & 0xffff) + (length >>> 16));
}
