import t from 'tap';
import { integerBytes, type ByteOrder } from '../arch/byte-order.ts';
import { compareDescribed, withDescribed, type DescribedFrame } from './described.ts';

const HASHES = ['00000000000000aa', '00000000000000bb'] as const;

function sent(...times: number[]): Map<string, DescribedFrame> {
  return new Map(
    times.map((n, at) => [
      HASHES[at] ?? '',
      { name: `frame ${at} of line 9`, bytes: Buffer.alloc(0), times: n },
    ]),
  );
}

function came(...times: number[]): string {
  return cameIn('little', times);
}

function cameIn(order: ByteOrder, times: readonly number[]): string {
  return times.map((n, at) => `${HASHES[at]}${integerBytes(n, 8, order).toString('hex')}`).join('');
}

t.test('how often each described frame came is compared with how often it was sent', async t => {
  const none = { duplicated: [], absent: [] };
  const rows: [name: string, ReturnType<typeof compareDescribed>, expected: object][] = [
    [
      'all',
      compareDescribed(sent(3, 2), came(3, 2), 'little'),
      { matched: 5, duplicated: 0, absent: 0, examples: none },
    ],
    [
      'one twice, another missing',
      compareDescribed(sent(3, 2), came(4, 1), 'little'),
      {
        matched: 4,
        duplicated: 1,
        absent: 1,
        examples: { duplicated: ['frame 0 of line 9'], absent: ['frame 1 of line 9'] },
      },
    ],
    [
      'a big-endian guest',
      compareDescribed(sent(3, 2), cameIn('big', [4, 1]), 'big'),
      { matched: 4, duplicated: 1, absent: 1 },
    ],
    ['none came', compareDescribed(sent(3), '', 'little'), { matched: 0, absent: 3 }],
  ];
  for (const [name, seen, expected] of rows) t.match(seen, expected, name);
  const numbers = { matched: 10, duplicated: 1, absent: 2, examples: none, once: true };
  t.match(withDescribed(numbers, compareDescribed(sent(3, 2), came(4, 1), 'little')), {
    matched: 14,
    duplicated: 2,
    absent: 3,
    once: true,
  });
});
