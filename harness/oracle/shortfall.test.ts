import t from 'tap';
import { judge } from './judge.ts';
import { scenarioOf, seen } from './made-up.fixture.ts';

function judged(expect: string, result: Record<string, number | string>) {
  const [variant] = scenarioOf(`
title: t
source: s
topology: veth
traffic: [{ tcp: { bytes: 1000, connections: 2 }, as: got }]
expect: [${JSON.stringify(expect)}]`).variants;
  if (variant === undefined) throw new Error('no variant');
  const observations = { ...seen({}), steps: { got: { errno: 'OK', ...result } } };
  const kernel = { version: '6.12.1', series: '6.12', arch: 'amd64' as const };
  return judge({ observations, variant, kernel, splats: [], stop: null });
}

const LOST = { connected: 2, received_bytes: 1500, error: '' };

t.test('bytes that did not come through are a fault, unless an expectation reads how many came', async t => {
  t.match(judged('got.connected == 2', LOST), {
    verdict: 'fail',
    reason:
      /line 5: tcp \(as `got`\): 1500 of 2000 bytes came through, and no expectation reads `got\.received_bytes`/,
  });
  t.match(judged('got.received_bytes == 1500', LOST), { verdict: 'pass' });
  t.match(judged('got.connected == 2', { ...LOST, received_bytes: 2000 }), { verdict: 'pass' });
  t.match(judged('got.connected == 2', { ...LOST, error: 'ECONNRESET' }), { reason: /\(ECONNRESET\)/ });
});
