import t from 'tap';
import { summariseArrivals } from './arrivals.ts';

/** A CPU's log as the agent returns it: 8 bytes per packet. */
function log(cpu: number, packets: readonly (readonly [seq: number, port: number])[], lost = 0) {
  const bytes = Buffer.alloc(packets.length * 8);
  packets.forEach(([seq, port], index) => {
    bytes.writeUInt32LE(seq, index * 8);
    bytes.writeUInt16LE(port, index * 8 + 4);
    bytes.writeUInt16LE(64, index * 8 + 6);
  });
  return { cpu, log: bytes.toString('hex'), lost };
}

t.test('nothing arrived', async t => {
  t.match(summariseArrivals([], [], 'little'), {
    count: 0,
    distinct: 0,
    min: 0,
    max: 0,
    inversions: 0,
    list: [],
  });
});

t.test('in order, each once', async t => {
  const seen = summariseArrivals(
    [
      log(2, [
        [3, 9000],
        [4, 9000],
        [5, 9000],
      ]),
    ],
    [],
    'little',
  );
  t.match(seen, { count: 3, distinct: 3, min: 3, max: 5, inversions: 0, lost: 0 });
  t.same(seen.mod8, [0, 0, 0, 1, 1, 1, 0, 0]);
  t.same(seen.list, [3, 4, 5]);
});

t.test('a packet that comes after a later one of its flow on its CPU is an inversion', async t => {
  const cases = [
    {
      name: 'one overtaken',
      logs: [
        log(2, [
          [1, 9000],
          [3, 9000],
          [2, 9000],
          [4, 9000],
        ]),
      ],
      inversions: 1,
    },
    {
      name: 'two flows',
      logs: [
        log(2, [
          [5, 9000],
          [1, 9001],
          [6, 9000],
          [2, 9001],
        ]),
      ],
      inversions: 0,
    },
    { name: 'two CPUs', logs: [log(2, [[5, 9000]]), log(3, [[1, 9000]])], inversions: 0 },
    {
      name: 'backwards',
      logs: [
        log(2, [
          [3, 9000],
          [2, 9000],
          [1, 9000],
        ]),
      ],
      inversions: 2,
    },
  ];
  for (const { name, logs, inversions } of cases)
    t.equal(summariseArrivals(logs, [], 'little').inversions, inversions, name);
});

t.test('a packet that comes twice is one number less, also on another CPU', async t => {
  t.match(summariseArrivals([log(2, [[1, 9000]]), log(3, [[1, 9000]])], [], 'little'), {
    count: 2,
    distinct: 1,
  });
  t.match(
    summariseArrivals(
      [
        log(2, [
          [1, 9000],
          [1, 9001],
        ]),
      ],
      [],
      'little',
    ),
    { count: 2, distinct: 2 },
  );
});

t.test('what was in a log before the traffic began does not count', async t => {
  const before = [{ cpu: 2, skbs: 2 }];
  const seen = summariseArrivals(
    [
      log(2, [
        [90, 9000],
        [91, 9000],
        [1, 9000],
      ]),
      log(3, [[2, 9000]], 7),
    ],
    before,
    'little',
  );
  t.match(seen, { count: 2, min: 1, max: 2, inversions: 0, lost: 7 });
});

t.test('the log of a big-endian guest', async t => {
  const bytes = '00000001232800400000000223280040';
  const seen = summariseArrivals([{ cpu: 1, log: bytes, lost: 0 }], [], 'big');
  t.match(seen, { count: 2, distinct: 2, min: 1, max: 2, list: [1, 2] });
});
