import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { testFrame, wordSum } from './frame.ts';
import { oneFrame } from './one-frame.ts';
import { encodeSource, hasNumbers, isForRx, sentFrames, type SourceRun } from './sent-frames.ts';

const HEADER = readFileSync(join(PACKAGE_ROOT, 'bpf', 'bpfrig.h'), 'utf8');
const PLAIN: SourceRun = { source: 'packet', on: 'tx', count: 10, size: 100 };

/** Bytes of the head that are not compared. */
function free(run: Partial<SourceRun>, changes: Parameters<typeof sentFrames>[1] = []): number[] {
  const mask = Buffer.from(sentFrames({ ...PLAIN, ...run }, changes).mask, 'hex');
  return [...mask].flatMap((byte, at) => (byte === 0 ? [at] : []));
}

t.test('what varies is compared by a rule, and all other bytes as they are', async t => {
  // IP checksum, source port, number.
  const always = [24, 25, 34, 35, 46, 47, 48, 49];
  const rows: [name: string, bytes: number[], expected: number[]][] = [
    ['packet', free({}), always],
    ['pktgen', free({ source: 'pktgen' }), [18, 19, ...always]],
    ['udp', free({ source: 'udp', checksum: true }), [18, 19, 40, 41, ...always]],
    ['a short frame', free({ size: 60 }), [...always, 60, 61, 62, 63]],
    ['a note', free({}, ['note']), [...always, 54, 55, 56, 57]],
    ['an id that a program changes', free({}, ['ip_id']), [18, 19, ...always]],
    [
      'a time',
      free({ source: 'pktgen', commands: ['flag !NO_TIMESTAMP'] }),
      [18, 19, ...always, 50, 51, 52, 53, 54, 55, 56, 57],
    ],
  ];
  for (const [name, bytes, expected] of rows)
    t.same(
      bytes,
      [...expected].toSorted((a, b) => a - b),
      name,
    );
});

t.test('a tag is not in the data', async t => {
  const commands = ['vlan_id 100', 'vlan_p 3', 'vlan_cfi 1'];
  const frames = sentFrames({ ...PLAIN, source: 'pktgen', commands }, []);
  t.match(frames, { tag: 0x8100_7064, length: 96 });
  t.equal(sentFrames(PLAIN, []).tag, 0);
});

t.test('IPv6 of pktgen: the number is behind the head, and the fields are elsewhere', async t => {
  const commands = ['dst6 fd00::2', 'src6 fd00::1', 'traffic_class 2e'];
  const six = sentFrames({ ...PLAIN, source: 'pktgen', commands }, []);
  t.match(six, {
    at: 62,
    length: 100,
    ids: 'any',
    rest: 'zeroes',
    checksum: false,
    numbered: true,
    first: 1,
  });
  t.equal(
    six.head,
    `525400b9f002525400b9f00186dd62e00000002e1120fd${'00'.repeat(14)}01fd${'00'.repeat(14)}0223280009002e0000be9b`,
  );
  t.same(free({ source: 'pktgen', commands }), [54, 55]);
  t.same(free({ source: 'pktgen', commands }, ['ttl', 'udp_csum', 'number']), [21, 54, 55, 60, 61]);
  t.equal(
    sentFrames({ ...PLAIN, source: 'pktgen', commands, size: 60 }, []).length,
    78,
    'pktgen makes it longer',
  );
  const frame = oneFrame(six, 7, 9000);
  t.equal(frame.subarray(62, 70).toString('hex'), 'be9be95500000007');
});

t.test('one frame is as the source sends it', async t => {
  const frames = sentFrames({ ...PLAIN, source: 'pktgen', commands: ['vlan_id 100'] }, []);
  const frame = oneFrame(frames, 3, 9000);
  t.equal(frame.length, 100);
  t.equal(frame.subarray(12, 18).toString('hex'), '810000640800');
  t.equal(wordSum(frame.subarray(18, 38)), 0xffff, 'with a right checksum');
  t.equal(frame.readUInt16BE(22), 2, 'the third has id 2');
  t.same(oneFrame(sentFrames(PLAIN, []), 5, 9000), testFrame(100, 5));
});

t.test('the UDP checksum of any number and port', async t => {
  const frame = testFrame(101, 70_000, { srcPort: 9003, df: true });
  const { sum, pseudo } = sentFrames({ ...PLAIN, source: 'udp', size: 101, checksum: true }, []);
  const pseudoHeader = Buffer.concat([frame.subarray(26, 34), Buffer.from([0, 17, 0, 67])]);
  t.equal(pseudo, wordSum(pseudoHeader));
  const fold = (total: number) => (total & 0xffff) + (total >>> 16);
  const short = fold(fold(sum + 9003 + (70_000 >>> 16) + (70_000 & 0xffff)));
  t.equal(short, wordSum(Buffer.concat([pseudoHeader, frame.subarray(34), Buffer.alloc(1)])));
});

t.test('which runs send to rx', async t => {
  t.ok(isForRx(PLAIN));
  t.notOk(isForRx({ ...PLAIN, on: 'rx' }));
  t.ok(isForRx({ ...PLAIN, on: 'rx', received: true }));
  t.notOk(isForRx({ ...PLAIN, on: 'tx', received: true }));
  t.notOk(hasNumbers({ ...PLAIN, size: 49 }), 'too short for the magic number');
  t.ok(hasNumbers({ ...PLAIN, source: 'pktgen', size: 49 }), 'pktgen makes it longer');
});

t.test('struct bpfrig_source as the header has it', async t => {
  const body = /^struct bpfrig_source \{\n(.*?)^\}/ms.exec(HEADER)?.[1] ?? '';
  const widths: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4 };
  const members = [...body.matchAll(/^\t__(u\d+) (\w+)(\[BPFRIG_HEAD\])?;/gm)];
  const offsets: Record<string, number> = {};
  let at = 0;
  for (const [, type, name, array] of members) {
    offsets[name ?? ''] = at;
    at += (widths[type ?? ''] ?? 0) * (array === undefined ? 1 : 64);
  }
  const frames = sentFrames({ ...PLAIN, source: 'pktgen', flows: 3, threads: 2, firstFlow: 1 }, ['vlan']);
  const bytes = Buffer.from(encodeSource(frames, 5, { first: 7, count: 9 }, 'little'), 'hex');
  t.equal(bytes.length, at);
  const word = (name: string) => bytes.readUInt32LE(offsets[name]);
  const half = (name: string) => bytes.readUInt16LE(offsets[name]);
  const byte = (name: string) => bytes.readUInt8(offsets[name]);
  t.match(['len', 'tag', 'first', 'numbers', 'lane', 'lanes'].map(word), [100, 0, 1, 5, 7, 9]);
  t.same(['port', 'flows', 'threads'].map(half), [9001, 3, 2]);
  t.same(['ids', 'rest', 'checksum', 'loose'].map(byte), [1, 0, 0, 8]);
  t.equal(bytes.subarray(0, 6).toString('hex'), '525400b9f002');
  const big = Buffer.from(encodeSource(frames, 5, { first: 7, count: 9 }, 'big'), 'hex');
  t.ok(big.subarray(0, 128).equals(bytes.subarray(0, 128)), 'bytes of frames are the same everywhere');
  t.same(
    ['len', 'numbers', 'lane'].map(name => big.readUInt32BE(offsets[name])),
    [100, 5, 7],
  );
  t.same(
    ['port', 'flows', 'threads'].map(name => big.readUInt16BE(offsets[name])),
    [9001, 3, 2],
  );
});
