import { join } from 'node:path';
import t from 'tap';
import type { CellResult } from '../model/cell.ts';
import { startRun, TESTDATA } from './bpfrig.fixture.ts';

// Guests have time limits of their own.
t.setTimeout(0);

const IDENTITY = join(TESTDATA, 'identity');
const BOTH = ['--kernel', '5.10', '--kernel', '7.3'];

/** Verdict and reason that a variant must have, by the value of its axis. */
type Rows = Readonly<Record<string, readonly [verdict: CellResult['verdict'], reason: RegExp]>>;

/** What is judged although every count is right: the oldest and the newest kernel. */
const TABLE: readonly { readonly file: string; readonly axis: string; readonly rows: Rows }[] = [
  {
    file: 'meddled',
    axis: 'program',
    rows: {
      flip_one: ['fail', /ledger: 1 packet not as sent \(byte 55, note\): identity\.changed, which no/],
      repeat_one: [
        'fail',
        /1 packet came more than once \(number 500 of port 9000\): .*1 packet missing \(number 501 of port 9000\): identity\.missing/,
      ],
      swap_two: ['fail', /^ledger: 1 packet came after a later one of the flow: identity\.reordered, which/],
      invent_one: ['fail', /1 packet from a port or with a number that no source sent: identity\.unsent/],
      tag_one: ['fail', /^ledger: 1 packet not as sent \(VLAN tag\): identity\.changed/],
    },
  },
  {
    file: 'tagged',
    axis: 'program',
    // `untag` by itself does that to each packet.
    rows: { forward: ['pass', /^$/], untag: ['pass', /^$/] },
  },
  {
    file: 'declared',
    axis: 'at',
    rows: { '55': ['pass', /^$/], '22': ['fail', /^ledger: 1 packet not as sent \(byte 22, ttl\)/] },
  },
  {
    file: 'explained',
    axis: 'later',
    rows: {
      none: ['pass', /^$/],
      meddle_later: ['fail', /^ledger: \d+ packets? not as sent \(.*\): identity\.changed, which no/],
      lose_later: ['fail', /ledger: stage entry lost 1 of 1000 packets \(entry\.drop\)/],
    },
  },
  {
    file: 'every-byte',
    axis: 'from',
    rows: Object.fromEntries(
      ['pktgen', 'checksums', 'send', 'udp', 'udp_checksum'].map(from => [from, ['pass', /^$/]]),
    ),
  },
];

for (const { file, axis, rows } of TABLE) {
  t.test(file, async t => {
    const args = [join(IDENTITY, `${file}.yaml`), ...BOTH];
    const { results } = await startRun(args, join(t.testdir(), 'run')).done;
    t.equal(new Set(results.map(({ cell }) => cell.variant[axis])).size, Object.keys(rows).length);
    for (const { cell, verdict, reason } of results) {
      const [expected, words] = rows[cell.variant[axis] ?? ''] ?? [];
      t.equal(verdict, expected, `${cell.id}: ${reason}`);
      t.match(reason, words, cell.id);
    }
  });
}
