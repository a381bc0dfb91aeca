import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { seen } from '../oracle/made-up.fixture.ts';
import { readPcap } from '../packet/pcap.ts';
import { captureFiles, withoutCaptures } from './keep-captures.ts';
import { RunFolder } from './results.ts';

const FRAME = {
  sec: 1_795_715_016,
  nsec: 5,
  length: 60,
  direction: 'in',
  partial: false,
  data: 'deadbeef',
} as const;
const OBSERVATIONS = {
  ...seen({}),
  captures: { rx: { frames: [FRAME], lost: 0 }, tx: { frames: [], lost: 3 } },
};

t.test('each capture is a pcap file among the artifacts of its cell', async t => {
  const folder = RunFolder.create(join(t.testdir(), 'run'));
  const cell = folder.cellDir('a@7.3');
  await folder.keepTry(cell, '.2', { consoles: {}, observations: OBSERVATIONS });
  const dir = join(folder.dir, cell);
  t.same(captureFiles(OBSERVATIONS, '.2'), ['capture-rx.2.pcap', 'capture-tx.2.pcap']);
  t.same(readdirSync(dir).toSorted(), [...captureFiles(OBSERVATIONS, '.2'), 'observations.2.json']);
  t.same(readPcap(readFileSync(join(dir, 'capture-rx.2.pcap')), 'rx'), [
    { data: Buffer.from('deadbeef', 'hex'), length: 60, ns: 1_795_715_016_000_000_005n },
  ]);
  t.same(readPcap(readFileSync(join(dir, 'capture-tx.2.pcap')), 'tx'), []);
  const kept = JSON.parse(readFileSync(join(dir, 'observations.2.json'), 'utf8')) as typeof OBSERVATIONS;
  t.same(
    kept.captures,
    { rx: { frames: [], lost: 0 }, tx: { frames: [], lost: 3 } },
    'the frames are not there twice',
  );
});

t.test('without captures nothing is written and nothing is changed', async t => {
  t.same(captureFiles(seen({}), ''), []);
  t.strictSame(withoutCaptures(seen({})), seen({}));
});
