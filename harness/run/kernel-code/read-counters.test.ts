import t from 'tap';
import type { RunningGuest } from '../../guest/running-guest.ts';
import { GuestFailure } from '../../vm/failure.ts';
import { readCounters } from './read-counters.ts';

type Guest = Pick<RunningGuest, 'call' | 'whileAlive'>;
type Piece = Readonly<Record<string, unknown>>;

/** Commands that end in so many pieces each. */
function guestOf(pieces: readonly Piece[]): { guest: Guest; commands: unknown[] } {
  const left = [...pieces];
  const commands: unknown[] = [];
  const call = async (op: string, args: object) => {
    commands.push({ op, ...args });
    return {
      running: 1,
      over: true,
      late: false,
      status: 0,
      signal: null,
      stdout: '',
      stderr: '',
      ...left.shift(),
    };
  };
  return { guest: { call, whileAlive: work => work } as Guest, commands };
}

const source = (name: string) => ({
  source: `kernel/${name}.c`,
  path: `/tree/kernel/${name}.c`,
  notes: `/tree/kernel/${name}.gcno`,
  counters: `/sys/kernel/debug/gcov/tree/kernel/${name}.gcda`,
});

t.test('the counters of each source are read by one command each, whatever bytes they have', async t => {
  const { guest, commands } = guestOf([
    { over: false, status: null, stdout: '6164' },
    { stdout: 'ff00' },
    { stdout: '07' },
  ]);
  const counters = await readCounters(guest, [source('tea'), source('milk')]);
  t.strictSame(counters, { files: [Buffer.from('6164ff00', 'hex'), Buffer.from('07', 'hex')] });
  t.strictSame(commands, [
    { op: 'exec_start', argv: ['cat', '/sys/kernel/debug/gcov/tree/kernel/tea.gcda'] },
    { op: 'exec_more', running: 1 },
    { op: 'exec_start', argv: ['cat', '/sys/kernel/debug/gcov/tree/kernel/milk.gcda'] },
  ]);
});

t.test('why there are none', async t => {
  const hex = (text: string): string => Buffer.from(text).toString('hex');
  const { guest } = guestOf([{ status: 1, stderr: hex("cat: can't open\n") }]);
  const path = '/sys/kernel/debug/gcov/tree/kernel/tea.gcda';
  t.strictSame(await readCounters(guest, [source('tea')]), {
    missing: `cannot read ${path}: cat: can't open`,
  });
  const late = guestOf([{ status: 137, late: true }]);
  t.strictSame(await readCounters(late.guest, [source('tea')]), { missing: `reading ${path} did not end` });
  const dead: Guest = {
    call: guest.call,
    whileAlive: async () => {
      throw new GuestFailure('panic', 'the kernel panicked', []);
    },
  };
  t.strictSame(await readCounters(dead, [source('tea')]), { missing: 'the kernel panicked' });
});
