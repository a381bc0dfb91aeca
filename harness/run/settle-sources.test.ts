import t from 'tap';
import type { SourceReport } from '../model/observations.ts';
import { settleSources } from './settle-sources.ts';

function source(kind: SourceReport['source'], sent: number, more: Partial<SourceReport> = {}): SourceReport {
  return { source: kind, on: 'tx', requested: sent, sent, errors: 0, pps: 0, ...more };
}

const TCP = source('tcp', 0, { uncounted: true });

function tx(packets: number, dropped = 0) {
  return { tx: { tx_packets: packets, tx_dropped: dropped } };
}

t.test('a source that does not count has the frames of the device that no other source sent', async t => {
  const rows: [string, SourceReport[], ReturnType<typeof tx>, number[]][] = [
    ['alone', [TCP], tx(705), [705]],
    ['with what the device dropped', [TCP], tx(700, 5), [705]],
    ['next to one that counts', [source('udp', 100), TCP], tx(805), [100, 705]],
    [
      'a refusal that the other source was told of is not a frame',
      [source('packet', 100, { errors: 7 }), TCP],
      tx(805, 7),
      [100, 705],
    ],
    ['the first of two has all', [TCP, TCP], tx(705), [705, 0]],
    ['live frames do not pass tx', [source('live', 50, { on: 'rx' }), TCP], tx(705), [50, 705]],
    ['never less than none', [source('udp', 100), TCP], tx(90), [100, 0]],
  ];
  for (const [what, sources, devices, sent] of rows)
    t.same(
      settleSources(sources, devices).map(one => [one.sent, one.requested]),
      sent.map(n => [n, n]),
      what,
    );
});

t.test('sources that count are left alone', async t => {
  const sources = [source('pktgen', 90, { requested: 100 })];
  t.strictSame(settleSources(sources, tx(0)), sources);
  t.strictSame(settleSources([TCP], {}), [TCP], 'without a device nothing was sent');
});
