import t from 'tap';
import { frameHash } from '../guest/frame-hash.ts';
import { testFrame, wordSum } from '../guest/frame.ts';
import { sentFrames, type SourceRun } from '../guest/sent-frames.ts';
import type { FrameField } from '../model/frame-fields.ts';
import { compareReceived } from './received.ts';

const RUN: SourceRun = { source: 'packet', on: 'tx', count: 4, size: 100 };

/** A source that sends four frames, of two flows. */
function announced(changes: readonly FrameField[] = [], runs = [{ count: 4, burst: 1 }]) {
  const frames = sentFrames({ ...RUN, flows: 2 }, changes);
  const source = { slot: 0, frames, lanes: { first: 0, count: 4 }, numbers: 4, runs };
  return { sources: [source], described: new Map() };
}

function sent(number: number): Buffer {
  return testFrame(100, number, { srcPort: 9000 + (number % 2) });
}

/** The frame with one byte changed. */
function spoiled(number: number, at: number): Buffer {
  const frame = sent(number);
  frame[at] = (frame[at] ?? 0) ^ 1;
  return frame;
}

const FOUR = [0, 1, 2, 3].map(sent);

t.test('frames that are as they were sent are exact, in any order', async t => {
  t.strictSame(compareReceived(FOUR.toReversed(), announced(), 'little'), {
    exact: 4,
    changed: 0,
    duplicated: 0,
    example: '',
  });
});

t.test('a frame that differs in any byte that is compared is changed, and the first is named', async t => {
  const cases: readonly [Buffer, RegExp][] = [
    [spoiled(1, 0), /^number 1 of port 9001: byte 0 differs$/],
    [spoiled(1, 22), /byte 22 differs/],
    [spoiled(1, 24), /the IP checksum is wrong/],
    [spoiled(1, 70), /byte 70 differs/],
    [spoiled(1, 99), /byte 99 differs/],
    [sent(1).subarray(0, 99), /99 bytes instead of 100/],
    [testFrame(100, 4), /number 4 of port 9000: no such number was sent/],
    [testFrame(100, 1, { srcPort: 9000 }), /number 1 of port 9000: it was the turn of another port/],
    [testFrame(100, 1, { srcPort: 9002 }), /no source sends such a frame of 100 bytes/],
    [spoiled(1, 43), /no source sends such a frame/],
    [
      Buffer.concat([sent(1).subarray(0, 12), Buffer.from('81000005', 'hex'), sent(1).subarray(12)]),
      /VLAN tag/,
    ],
    [Buffer.alloc(20), /no source sends such a frame of 20 bytes/],
  ];
  for (const [frame, example] of cases) {
    const found = compareReceived([sent(0), frame], announced(), 'little');
    t.match(found, { exact: 1, changed: 1, example });
  }
});

t.test('a frame that comes more often than it was sent is a duplicate', async t => {
  const twice = [...FOUR, sent(2)];
  t.match(compareReceived(twice, announced(), 'little'), { exact: 5, duplicated: 1 });
  // A second run of the source sends the first two again.
  const runs = [
    { count: 4, burst: 1 },
    { count: 2, burst: 1 },
  ];
  t.match(compareReceived([sent(1), sent(1)], announced([], runs), 'little'), { duplicated: 0 });
  t.match(compareReceived(twice, announced([], runs), 'little'), { duplicated: 1 });
});

t.test('what a program of the scenario changes is not compared, and the rest is', async t => {
  const frame = sent(1);
  frame[22] = 9;
  t.match(compareReceived([frame], announced(['ttl', 'ip_csum']), 'little'), { exact: 1 });
  // The checksum has to be right for the new bytes.
  t.match(compareReceived([frame], announced(['ttl']), 'little'), { changed: 1 });
  frame.writeUInt16BE(0, 24);
  frame.writeUInt16BE(~wordSum(frame.subarray(14, 34)) & 0xffff, 24);
  t.match(compareReceived([frame], announced(['ttl']), 'little'), { exact: 1 });
});

t.test('sources that share ports are distinguished by their frames', async t => {
  const small = sentFrames({ ...RUN, size: 64 }, []);
  const [large] = announced().sources;
  if (large === undefined) throw new Error('no source');
  const other = { ...large, slot: 1, frames: small };
  const came = [testFrame(64, 0), ...FOUR, testFrame(64, 1)];
  for (const sources of [
    [large, other],
    [other, large],
  ])
    t.match(compareReceived(came, { sources, described: new Map() }, 'little'), {
      exact: 6,
      changed: 0,
      duplicated: 0,
    });
  const neither = compareReceived(
    [testFrame(80, 0)],
    { sources: [large, other], described: new Map() },
    'little',
  );
  t.match(neither, { changed: 1, example: /80 bytes instead of 64/ });
});

t.test('pktgen takes turns with the frames that it made, those that the device refused too', async t => {
  const frames = sentFrames({ source: 'pktgen', on: 'tx', count: 4, size: 64, flows: 2 }, []);
  const source = {
    slot: 0,
    frames,
    lanes: { first: 0, count: 4 },
    numbers: 4,
    runs: [{ count: 4, burst: 1 }],
  };
  const made = (number: number, id: number, srcPort: number): Buffer => {
    const frame = testFrame(64, number, { srcPort, padding: 'zeroes' });
    frame.writeUInt16BE(id, 18);
    frame.writeUInt16BE(0, 24);
    frame.writeUInt16BE(~wordSum(frame.subarray(14, 34)) & 0xffff, 24);
    return frame;
  };
  const compared = (frame: Buffer) =>
    compareReceived([frame], { sources: [source], described: new Map() }, 'little');
  t.match(compared(made(1, 0, 9001)), { exact: 1 });
  t.match(compared(made(2, 2, 9001)), { exact: 1 }, 'one was made anew before it');
  t.match(compared(made(2, 1, 9001)), { changed: 1, example: /the turn of another port/ });
});

t.test('frames that are described one by one are compared by their hash', async t => {
  const bytes = Buffer.from('ffffffffffff52540012345688b50102', 'hex');
  const described = new Map([[frameHash(bytes, 'little'), { name: 'frame 0', bytes, times: 2 }]]);
  const found = compareReceived([bytes, bytes, bytes], { sources: [], described }, 'little');
  t.match(found, { exact: 3, changed: 0, duplicated: 1 });
});
