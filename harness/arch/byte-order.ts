/** Which bytes of a number come first: the low ones (amd64, arm64, riscv64) or the high ones (s390x). */
export type ByteOrder = 'little' | 'big';

/** The bytes of an integer as memory has it: its lowest `size` bytes, whatever its sign. */
export function integerBytes(value: bigint | number, size: number, order: ByteOrder): Buffer {
  if (size === 0) return Buffer.alloc(0);
  const digits = BigInt.asUintN(size * 8, BigInt(value))
    .toString(16)
    .padStart(size * 2, '0');
  const bytes = Buffer.from(digits, 'hex');
  return order === 'little' ? bytes.reverse() : bytes;
}

/** Integers without a sign, one after the other: their bytes as memory has them. */
export function integersBytes(values: readonly (bigint | number)[], size: number, order: ByteOrder): Buffer {
  return Buffer.concat(values.map(value => integerBytes(value, size, order)));
}

/** The byte order of a file that says only whether it is little-endian. */
export function byteOrderOf({ littleEndian }: { readonly littleEndian: boolean }): ByteOrder {
  return littleEndian ? 'little' : 'big';
}

/** The integer without a sign that bytes in memory are. */
export function integerOf(bytes: Buffer, order: ByteOrder): bigint {
  return BigInt(`0x0${(order === 'little' ? Buffer.from(bytes).reverse() : bytes).toString('hex')}`);
}
