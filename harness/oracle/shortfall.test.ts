import t from 'tap';
import { judge } from './judge.ts';
import { scenarioOf, seen } from './made-up.fixture.ts';

const TCP = 'tcp: { bytes: 1000, connections: 2 }';

function judged(expect: string, result: Record<string, number | string>, step = TCP, before = '') {
  const [variant] = scenarioOf(`
title: t
source: s
topology: veth
setup: [${before}]
traffic: [{ ${step}, as: got }]
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
      /line 6: tcp \(as `got`\): 1500 of 2000 bytes came through, and no expectation reads `got\.received_bytes`/,
  });
  t.match(judged('got.received_bytes == 1500', LOST), { verdict: 'pass' });
  t.match(judged('got.connected == 2', { ...LOST, received_bytes: 2000 }), { verdict: 'pass' });
  t.match(judged('got.connected == 2', { ...LOST, error: 'ECONNRESET' }), { reason: /\(ECONNRESET\)/ });
});

t.test(
  'what AF_XDP sockets did not receive, send or take is a fault, unless an expectation reads it',
  async t => {
    const socket = 'xsk: { name: s, device: rx }';
    const rows = [
      [
        'xsk_receive: { socket: s, count: 64 }',
        'received',
        /63 of 64 frames were in the rx ring within 5000 ms/,
      ],
      ['xsk_fill: { socket: s, count: 64 }', 'filled', /63 of 64 chunks found room/],
      ['xsk_send: { socket: s, count: 64 }', 'completed', /63 of 64 chunks came back/],
    ] as const;
    for (const [step, field, reason] of rows) {
      t.match(judged('got.errno == "OK"', { [field]: 63 }, step, socket), { verdict: 'fail', reason }, step);
      t.match(judged(`got.${field} == 63`, { [field]: 63 }, step, socket), { verdict: 'pass' }, step);
      t.match(judged('got.errno == "OK"', { [field]: 64 }, step, socket), { verdict: 'pass' }, step);
    }
  },
);
