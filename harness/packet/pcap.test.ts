import fc from 'fast-check';
import t from 'tap';
import { BpfrigError } from '../util/errors.ts';
import { PCAP_BOUNDS, readPcap, readWholeFrames, writePcap } from './pcap.ts';

/** An ARP request, as tcpdump writes it: 42 bytes. */
const ARP =
  'ffffffffffff020000000001080600010800060400010200000000 01c61201010000 00000000c6120102'.replaceAll(
    ' ',
    '',
  );

/** A frame of 4 bytes is enough for a reader that does not look into it. */
const TINY = 'deadbeef';

const LITTLE = 'd4c3b2a1 0200 0400 00000000 00000000 00000400 01000000';
const BIG = 'a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001';

/** Two records by hand: 2026-11-26 17:00:00.000005 and one of 4 bytes cut from 60. */
const LITTLE_RECORDS = `90e4286b 05000000 2a000000 2a000000 ${ARP} 91e4286b 00000000 04000000 3c000000 ${TINY}`;
const BIG_RECORDS = `6b28e490 00000005 0000002a 0000002a ${ARP} 6b28e491 00000000 00000004 0000003c ${TINY}`;

const SECONDS = 0x6b28e490n * 1_000_000_000n;

/** Blocks of pcapng, little endian: section, interface (with nanoseconds), enhanced, simple, old packet. */
const SECTION = '0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000';
const INTERFACE = '01000000 14000000 0100 0000 00000400 14000000';
const NANOSECONDS = '01000000 20000000 0100 0000 00000400 0900 0100 09000000 0000 0000 20000000';
const ENHANCED = `06000000 24000000 00000000 01000000 02000000 04000000 04000000 ${TINY} 24000000`;
const SIMPLE = `03000000 14000000 04000000 ${TINY} 14000000`;
const OLD = `02000000 24000000 0000 0000 00000000 07000000 04000000 04000000 ${TINY} 24000000`;
const OTHER = '05000000 10000000 00000000 10000000';
const BIG_SECTION = '0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c';
const BIG_INTERFACE = '00000001 00000014 0001 0000 00040000 00000014';
const BIG_ENHANCED = `00000006 00000024 00000000 00000001 00000002 00000004 00000004 ${TINY} 00000024`;

function hex(...parts: string[]): Buffer {
  return Buffer.from(parts.join('').replaceAll(/\s/g, ''), 'hex');
}

/** Frames in short: hex, length, nanoseconds. */
function read(file: Buffer): [string, number, bigint][] {
  return readPcap(file, 'a.pcap').map(({ data, length, ns }) => [data.toString('hex'), length, ns]);
}

t.test('pcap files in both byte orders and both units of time', async t => {
  const expected = [
    [ARP, 42, SECONDS + 5000n],
    [TINY, 60, SECONDS + 1_000_000_000n],
  ];
  t.same(read(hex(LITTLE, LITTLE_RECORDS)), expected);
  t.same(read(hex(BIG, BIG_RECORDS)), expected);
  const nanoseconds = [[ARP, 42, SECONDS + 5n], expected[1]];
  t.same(read(hex(LITTLE.replace('d4c3b2a1', '4d3cb2a1'), LITTLE_RECORDS)), nanoseconds);
  t.same(read(hex(BIG.replace('a1b2c3d4', 'a1b23c4d'), BIG_RECORDS)), nanoseconds);
  t.same(read(hex(LITTLE)), []);
});

t.test(
  'pcapng files: packet blocks of three kinds, clocks of interfaces, both byte orders, several sections',
  async t => {
    const enhanced = (ns: bigint): unknown => [TINY, 4, ns];
    const time = (1n << 32n) + 2n;
    t.same(read(hex(SECTION, INTERFACE, ENHANCED)), [enhanced(time * 1000n)]);
    t.same(read(hex(SECTION, NANOSECONDS, ENHANCED)), [enhanced(time)]);
    t.same(read(hex(SECTION, INTERFACE, OTHER, SIMPLE, OLD)), [enhanced(0n), enhanced(7000n)]);
    t.same(read(hex(BIG_SECTION, BIG_INTERFACE, BIG_ENHANCED)), [enhanced(time * 1000n)]);
    t.same(read(hex(SECTION, NANOSECONDS, ENHANCED, BIG_SECTION, BIG_INTERFACE, BIG_ENHANCED)), [
      enhanced(time),
      enhanced(time * 1000n),
    ]);
    // 2^-20 seconds, and an offset of one second.
    const binary =
      '01000000 2c000000 0100 0000 00000400 0900 0100 94000000 0e00 0800 0100000000000000 00000000 2c000000';
    const units = '06000000 24000000 00000000 00000000 00001000 04000000 04000000';
    t.same(read(hex(SECTION, binary, units, TINY, '24000000')), [enhanced(2_000_000_000n)]);
  },
);

t.test('a simple packet has no length of its own beyond the snapshot length', async t => {
  const cut = '01000000 14000000 0100 0000 04000000 14000000';
  t.same(read(hex(SECTION, cut, `03000000 14000000 40000000 ${TINY} 14000000`)), [[TINY, 64, 0n]]);
});

t.test('a file that cannot be read is refused with the place', async t => {
  const rows: [string, Buffer, RegExp][] = [
    ['empty', Buffer.alloc(0), /a\.pcap: byte 0: this is no pcap or pcapng file/],
    ['text', Buffer.from('syn to port 80\n'), /no pcap or pcapng file/],
    ['gzip', hex('1f8b0800'), /packed by gzip: unpack it first/],
    ['modified pcap', hex('34cdb2a1'), /editcap -F pcap/],
    ['only a magic', hex('d4c3b2a1'), /byte 0: a pcap file's header needs 24 bytes, and the file has 4 more/],
    ['version', hex(LITTLE.replace('0200', '0300')), /byte 4: version 3/],
    [
      'raw IP',
      hex(LITTLE.replace(/01000000$/, '65000000')),
      /byte 20: .* link type 101 \(raw IP\); only Ethernet/,
    ],
    ['unknown link', hex(LITTLE.replace(/01000000$/, '0f0f0000')), /link type 3855; only Ethernet/],
    ['FCS', hex(LITTLE.replace(/01000000$/, '01000024')), /frame check sequence/],
    ['record cut', hex(LITTLE, '90e4286b'), /byte 24: a record's header needs 16 bytes/],
    [
      'frame cut',
      hex(LITTLE, LITTLE_RECORDS.slice(0, -2)),
      /byte 98, after frame 1: a frame of 4 bytes needs 4/,
    ],
    [
      'huge frame',
      hex(LITTLE, '00000000 00000000 ffffffff ffffffff'),
      /frame of 4294967295 bytes is longer than 262144/,
    ],
    [
      'more kept than there was',
      hex(LITTLE, `00000000 00000000 04000000 03000000 ${TINY}`),
      /4 bytes are kept of a frame of 3/,
    ],
    [
      'no byte order',
      hex('0a0d0d0a 1c000000 00000000 0100 0000 ffffffffffffffff 1c000000'),
      /byte 8: .*no byte order/,
    ],
    ['version of pcapng', hex(SECTION.replace('0100', '0200')), /byte 12: version 2 of pcapng/],
    ['block of 0 bytes', hex(SECTION, '01000000 00000000 00000000'), /byte 32: a block cannot have 0 bytes/],
    ['block of odd length', hex(SECTION, '05000000 0d000000 00000000 00000000'), /cannot have 13 bytes/],
    [
      'block beyond the file',
      hex(SECTION, '05000000 10000000 00000000'),
      /byte 28: a block of 16 bytes needs 16/,
    ],
    [
      'two lengths',
      hex(SECTION, '05000000 10000000 00000000 14000000'),
      /byte 40: .*ends with another length/,
    ],
    ['no interface', hex(SECTION, ENHANCED), /a packet is from interface 0, and its section has 0/],
    [
      'wrong interface',
      hex(SECTION, INTERFACE, ENHANCED.replace('00000000', '01000000')),
      /interface 1, and its section has 1/,
    ],
    [
      'packet beyond its block',
      hex(SECTION, INTERFACE, ENHANCED.replaceAll('04000000', '05000000')),
      /5 bytes does not fit/,
    ],
    ['short packet block', hex(SECTION, INTERFACE, '06000000 10000000 00000000 10000000'), /needs 20 bytes/],
    ['short interface', hex(SECTION, '01000000 0c000000 0c000000'), /an interface needs 8 bytes/],
    ['raw IP in pcapng', hex(SECTION, INTERFACE.replace('0100 0000', '6500 0000')), /byte 36: .*raw IP/],
    [
      'option beyond its block',
      hex(SECTION, NANOSECONDS.replace('0900 0100', '0900 0101')),
      /an option of 257 bytes/,
    ],
  ];
  for (const [what, file, message] of rows)
    t.throws(() => readPcap(file, 'a.pcap'), { name: 'BpfrigError', code: 'scenario', message }, what);
});

t.test('a file that is too large, or has too many frames, is refused', async t => {
  const tooLarge = Buffer.alloc(PCAP_BOUNDS.bytes + 1);
  t.throws(() => readPcap(tooLarge, 'a.pcap'), { message: /more than 64 MiB/ });
  const record = hex(`00000000 00000000 00000000 00000000`);
  const many = (n: number): Buffer => Buffer.concat([hex(LITTLE), Buffer.alloc(16 * n, record)]);
  t.equal(readPcap(many(PCAP_BOUNDS.frames), 'a.pcap').length, PCAP_BOUNDS.frames);
  t.throws(() => readPcap(many(PCAP_BOUNDS.frames + 1), 'a.pcap'), { message: /more than 65536 frames/ });
  const interfaces = hex(SECTION, INTERFACE.repeat(PCAP_BOUNDS.interfaces + 1));
  t.throws(() => readPcap(interfaces, 'a.pcap'), { message: /more than 1024 interfaces/ });
});

t.test('frames to send must be whole', async t => {
  const whole = hex(LITTLE, LITTLE_RECORDS.slice(0, LITTLE_RECORDS.indexOf(ARP) + ARP.length));
  t.same(readWholeFrames(whole, 'a.pcap'), [hex(ARP)]);
  t.throws(() => readWholeFrames(hex(LITTLE, LITTLE_RECORDS), 'a.pcap'), {
    code: 'scenario',
    message: /a\.pcap: .*frame 2 has 4 of its 60 bytes: .*tcpdump -s 0/,
  });
  t.throws(() => readWholeFrames(hex(LITTLE), 'a.pcap'), { message: /has no frames/ });
});

t.test('what is written is read back', async t => {
  const frame = fc
    .record({
      data: fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes)),
      cut: fc.nat(100),
      ns: fc.bigInt({ min: 0n, max: (1n << 32n) * 1_000_000_000n - 1n }),
    })
    .map(({ data, cut, ns }) => ({ data, length: data.length + cut, ns }));
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 20 }), frames => {
      t.same(readPcap(writePcap(frames), 'a.pcap'), frames);
    }),
    { numRuns: 50 },
  );
});

t.test('a damaged file never raises anything but an error of the scenario', async t => {
  const files = [hex(LITTLE, LITTLE_RECORDS), hex(SECTION, NANOSECONDS, ENHANCED, SIMPLE, OLD, BIG_SECTION)];
  for (const file of files) {
    for (let at = 0; at < file.length; at++) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const damaged = Buffer.from(file);
        damaged[at] = value;
        for (const bytes of [damaged, file.subarray(0, at)]) {
          try {
            readPcap(bytes, 'a.pcap');
          } catch (error) {
            if (!(error instanceof BpfrigError) || error.code !== 'scenario')
              t.fail(`byte ${at}: ${String(error)}`);
          }
        }
      }
    }
  }
});
