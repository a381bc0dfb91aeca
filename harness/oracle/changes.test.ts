import t from 'tap';
import { frameHash, tagged, untag } from '../guest/frame-hash.ts';
import { oneFrame } from '../guest/one-frame.ts';
import { sentFrames, type SourceRun } from '../guest/sent-frames.ts';
import type { ChangedFrames, ChangedSample } from '../model/changed-frames.ts';
import { describeChange, explains, type ProgramRun } from './changes.ts';

const PLAIN: SourceRun = { source: 'packet', on: 'tx', count: 10, size: 100 };

type Program = (frame: Buffer) => Buffer;

/** Programs of a scenario. */
const nat: Program = frame => withByte(frame, 33, 0x63);
const push4: Program = frame =>
  Buffer.concat([frame.subarray(0, 12), Buffer.from('884700014140', 'hex'), frame.subarray(14)]);
const strip: Program = frame => untag(frame).bytes;
const nothing: Program = frame => frame;

function withByte(frame: Buffer, at: number, byte: number): Buffer {
  const other = Buffer.from(frame);
  other[at] = byte;
  return other;
}

function runsOf(program: Program, some: Partial<SourceRun> = {}): ProgramRun[] {
  const frames = sentFrames({ ...PLAIN, ...some }, []);
  return [0, 0x0101_0101].map(number => {
    const before = oneFrame(frames, frames.first + number, frames.port);
    return { frames, before, after: program(before) };
  });
}

/** A frame as the classifier keeps it. */
function sample(frame: Buffer, at: number): ChangedSample {
  const { bytes, tag } = untag(frame);
  return { length: bytes.length, tag, at, slot: 0, bytes: bytes.subarray(0, 128).toString('hex') };
}

function arrived(frame: Buffer, some: Partial<ChangedFrames>): ChangedFrames {
  const { moved = 0 } = some;
  return {
    bytes: [],
    why: [],
    rest: null,
    moved,
    vary: [],
    strangers: [],
    samples: [sample(frame, 42 + moved)],
    ...some,
  };
}

function frame(program: Program, some: Partial<SourceRun> = {}): Buffer {
  const frames = sentFrames({ ...PLAIN, ...some }, []);
  return program(oneFrame(frames, frames.first + 3, frames.port));
}

t.test('what a program does by itself explains what arrived, and nothing else does', async t => {
  const vlan = { source: 'pktgen', commands: ['vlan_id 100'] } as const;
  const natted = arrived(frame(nat), { bytes: [33], why: ['sum'], vary: [49] });
  const pushed = arrived(frame(push4), { why: ['place', 'moved'], moved: 4, vary: [53] });
  const stripped = arrived(frame(strip, vlan), { why: ['tag'], vary: [19, 25, 49] });
  const rows: [name: string, ProgramRun[], ChangedFrames, boolean][] = [
    ['another address', runsOf(nat), natted, true],
    ['bytes put in', runsOf(push4), pushed, true],
    ['a tag taken out', runsOf(strip, vlan), stripped, true],
    ['a program that changes nothing', runsOf(nothing), natted, false],
    ['another program', runsOf(push4), natted, false],
    ['another byte, too', runsOf(nat), { ...natted, bytes: [22, 33] }, false],
    ['a payload, too', runsOf(nat), { ...natted, why: ['sum', 'rest'], rest: 70 }, false],
    ['a tag, too', runsOf(nat), { ...natted, why: ['sum', 'tag'] }, false],
    ['moved by more', runsOf(push4), { ...pushed, moved: 8 }, false],
    ['one of them moved by more', runsOf(push4), { ...pushed, why: ['place', 'moved', 'scattered'] }, false],
    ['one of them with another label', runsOf(push4), { ...pushed, vary: [15, 53] }, false],
    ['merged', runsOf(nat), { ...natted, why: ['sum', 'merged'] }, false],
    ['no run', [], natted, false],
  ];
  for (const [name, runs, seen, explained] of rows) t.equal(explains(runs, seen, 'little'), explained, name);
  const label = arrived(withByte(frame(push4), 15, 9), { why: ['place', 'moved'], moved: 4, vary: [53] });
  t.notOk(explains(runsOf(push4), label, 'little'), 'another label in all of them');
});

t.test('a frame that is described must be the very one that the program leaves', async t => {
  const before = Buffer.from(Array.from({ length: 70 }, (_, at) => at));
  const after = withByte(before, 20, 0xff);
  const runs: ProgramRun[] = [{ frames: null, before, after }];
  const seen = (bytes: Buffer): ChangedFrames =>
    arrived(bytes, { why: ['unknown'], samples: [{ ...sample(bytes, 0), slot: null }] });
  t.ok(explains(runs, seen(after), 'little'));
  t.notOk(explains(runs, seen(withByte(after, 21, 0xff)), 'little'));
  t.notOk(explains([{ frames: null, before, after: before }], seen(after), 'little'));
  t.ok(explains(runs, { ...seen(after), strangers: [frameHash(after, 'little')] }, 'little'));
  const later = [frameHash(after, 'little'), frameHash(withByte(after, 60, 0), 'little')];
  t.notOk(explains(runs, { ...seen(after), strangers: later }, 'little'), 'one that came later');
});

t.test('frames that are described may leave a program with different tags', async t => {
  const before = Buffer.from(Array.from({ length: 70 }, (_, at) => at));
  const push = (id: number): Buffer => tagged({ bytes: before, tag: 0x8100_0000 + id });
  const runs: ProgramRun[] = [
    { frames: null, before, after: push(1) },
    { frames: null, before: push(2), after: before },
  ];
  const seen = (last: Buffer): ChangedFrames =>
    arrived(push(1), {
      why: ['unknown', 'scattered'],
      strangers: [frameHash(push(1), 'little'), frameHash(last, 'little')],
      samples: [{ ...sample(push(1), 0), slot: null }],
    });
  t.ok(explains(runs, seen(before), 'little'));
  t.notOk(explains(runs, seen(push(3)), 'little'), 'another tag');
  const same: ProgramRun[] = [{ frames: null, before, after: push(1) }];
  t.notOk(explains(same, seen(push(1)), 'little'), 'the program leaves all with one tag');
});

t.test('what a program does, in one sentence', async t => {
  const rows: [string, ProgramRun[], RegExp][] = [
    [
      'nat',
      runsOf(nat),
      /^program `nat` changes byte 33 of each packet: `changes: \[ip_csum, dst_ip\]` has the rest compared$/,
    ],
    ['push4', runsOf(push4), /^program `push4` makes each packet 4 bytes longer, and the rest of it/],
    [
      'strip',
      runsOf(strip, { source: 'pktgen', commands: ['vlan_id 1'] }),
      /makes each packet 4 bytes shorter/,
    ],
    [
      'retag',
      runsOf(one => tagged({ ...untag(one), tag: 0x8100_0002 }), {
        source: 'pktgen',
        commands: ['vlan_id 1'],
      }),
      /changes the VLAN tag of each packet: `changes: \[vlan\]`/,
    ],
    [
      'magic',
      runsOf(one => withByte(one, 42, 0)),
      /changes byte 42 of each packet: they arrived as it leaves/,
    ],
  ];
  for (const [name, runs, text] of rows) t.match(describeChange(name, runs), text, name);
});
