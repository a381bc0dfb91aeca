import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { CellResult } from '../model/cell.ts';
import { readPcap } from '../packet/pcap.ts';
import { startRun, TESTDATA } from './bpfrig.fixture.ts';

// What captures, tcp and ping say when something is wrong, on the oldest and the newest kernel.

// Guests have time limits of their own.
t.setTimeout(0);

const EXPECTED: Readonly<Record<string, readonly [verdict: CellResult['verdict'], reason: RegExp]>> = {
  'segment-lost': [
    'fail',
    /^ledger: stage xdp lost 1 of \d+ packets \(xdp\.drop\), which no expectation names$/,
  ],
  'unanswered[what=tcp]': ['fail', /^line 8: tcp: 0 of 1000 bytes came through$/],
  'unanswered[what=ping]': ['fail', /^line 9: ping: 0 of 3 replies came through$/],
  'capture-full[wanted=20]': ['error', /the capture of rx kept 5 frames and had no room for 15/],
  'capture-full[wanted=19]': ['error', /the capture of rx kept 5 frames and had no room for 15/],
  'wrong-frame': ['fail', /^captured\.rx\[2\]\.udp\.sport == 9001   \(9000 == 9001\)$/],
};

t.test('what is lost, unanswered, or not as expected', async t => {
  const folder = join(t.testdir(), 'run');
  const args = [join(TESTDATA, 'stack-sources'), '--kernel', '5.10', '--kernel', '7.3', '--jobs', '1'];
  const { results } = await startRun(args, folder).done;
  t.equal(results.length, 2 * Object.keys(EXPECTED).length);
  for (const { cell, verdict, reason, dir, artifacts = [] } of results) {
    const [expected, words] = EXPECTED[cell.id.replace(/^.*\/(.*)@.*$/, '$1')] ?? [];
    t.equal(verdict, expected, `${cell.id}: ${reason}`);
    t.match(reason, words, cell.id);
    for (const file of artifacts) {
      const frames = readPcap(readFileSync(join(folder, dir, file)), file);
      t.equal(frames.length, cell.id.includes('capture-full') ? 5 : 3, file);
    }
  }
  const captured = results.filter(({ artifacts }) => artifacts?.includes('capture-rx.pcap'));
  t.equal(captured.length, 6, 'each capture is a file');
});
