import t from 'tap';
import { byteOrderOf, integerBytes, integerOf, integersBytes, type ByteOrder } from './byte-order.ts';

t.test('an integer in memory, there and back', async t => {
  const rows: [value: bigint | number, size: number, order: ByteOrder, hex: string][] = [
    [258, 4, 'little', '02010000'],
    [258, 4, 'big', '00000102'],
    [-2, 2, 'little', 'feff'],
    [-2, 2, 'big', 'fffe'],
    [7, 1, 'big', '07'],
    [0x0102_0304_0506_0708n, 8, 'little', '0807060504030201'],
    [0x0102_0304_0506_0708n, 8, 'big', '0102030405060708'],
    [0, 0, 'big', ''],
  ];
  for (const [value, size, order, hex] of rows) {
    const bytes = integerBytes(value, size, order);
    t.equal(bytes.toString('hex'), hex, `${value} ${order}`);
    t.equal(integerOf(bytes, order), BigInt.asUintN(size * 8, BigInt(value)));
    t.equal(bytes.toString('hex'), hex, 'reading changes nothing');
  }
  t.equal(integersBytes([1, 2], 2, 'big').toString('hex'), '00010002');
  t.same(
    [true, false].map(littleEndian => byteOrderOf({ littleEndian })),
    ['little', 'big'],
  );
});
