/**
 * Bits of a value in memory, as BTF counts them: from the lowest bit of the first byte on little-endian targets, from its highest on
 * big-endian ones. A whole integer is the case in which offset and size are multiples of 8.
 */
export interface Bits {
  /** From the start of the buffer. */
  readonly offset: number;
  readonly size: number;
  readonly littleEndian: boolean;
}

/** The unsigned number in some bits. */
export function readBits(bytes: Buffer, { offset, size, littleEndian }: Bits): bigint {
  if (offset % 8 === 0 && size % 8 === 0) {
    const whole = Buffer.from(bytes.subarray(offset / 8, (offset + size) / 8));
    return BigInt(`0x0${(littleEndian ? whole.reverse() : whole).toString('hex')}`);
  }
  let value = 0n;
  for (let index = 0; index < size; index += 1) {
    const at = offset + index;
    const byte = bytes[at >> 3] ?? 0;
    if (littleEndian) value |= BigInt((byte >> (at & 7)) & 1) << BigInt(index);
    else value = (value << 1n) | BigInt((byte >> (7 - (at & 7))) & 1);
  }
  return value;
}

/** Writes the lowest `size` bits of a number; a negative one as its two's complement. */
export function writeBits(bytes: Buffer, { offset, size, littleEndian }: Bits, value: bigint): void {
  const unsigned = BigInt.asUintN(size, value);
  if (offset % 8 === 0 && size % 8 === 0) {
    const whole = Buffer.from(unsigned.toString(16).padStart(size / 4, '0'), 'hex');
    (littleEndian ? whole.reverse() : whole).copy(bytes, offset / 8);
    return;
  }
  for (let index = 0; index < size; index += 1) {
    const at = offset + index;
    const bit = Number((unsigned >> BigInt(littleEndian ? index : size - 1 - index)) & 1n);
    const mask = 1 << (littleEndian ? at & 7 : 7 - (at & 7));
    bytes[at >> 3] = ((bytes[at >> 3] ?? 0) & ~mask) | (bit === 1 ? mask : 0);
  }
}
