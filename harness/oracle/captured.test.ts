import t from 'tap';
import type { Captured, CapturedFrame } from '../model/observations.ts';
import { judge } from './judge.ts';
import { scenarioOf, seen } from './made-up.fixture.ts';
import { withoutFrames } from './subjects/captured.ts';

/** An ARP request with a VLAN tag, from 198.18.1.2, and an echo request that is cut behind its Ethernet header. */
const ARP =
  'ffffffffffff0200000000018100000508060001080006040001020000000001c612010200000000000 0c6120101'.replace(
    ' ',
    '',
  );
const CUT = '5254 00b9f002 5254 00b9f001 0800'.replaceAll(' ', '');

function frame(data: string, more: Partial<CapturedFrame> = {}): CapturedFrame {
  return { sec: 1, nsec: 2, length: data.length / 2, direction: 'in', partial: false, data, ...more };
}

function judged(expect: string, capture: Partial<Captured> = {}) {
  const [variant] = scenarioOf(`
title: t
source: s
topology: veth
capture: [rx]
expect: [${JSON.stringify(expect)}]`).variants;
  if (variant === undefined) throw new Error('no variant');
  const rx = {
    frames: [frame(ARP), frame(CUT, { length: 98, direction: 'out', partial: true })],
    lost: 0,
    ...capture,
  };
  const observations = { ...seen({}), captures: { rx } };
  const kernel = { version: '6.12.1', series: '6.12', arch: 'amd64' as const };
  return judge({ observations, variant, kernel, splats: [], stop: null });
}

t.test('frames are there by their layers, and by what the capture knows of them', async t => {
  for (const expect of [
    'size(captured.rx) == 2',
    'captured.rx[0].vlan == 5 && captured.rx[0].length == 46',
    'captured.rx[0].direction == "in" && captured.rx[1].direction == "out"',
    'captured.rx[1].length == 98 && captured.rx[1].partial',
    `captured.rx[1].hex == "${CUT}"`,
    'captured.rx.exists(f, has(f.arp))',
  ])
    t.match(judged(expect), { verdict: 'pass', reason: '' }, expect);
});

t.test('a frame that did not come, or came without the layer, is the fault of the kernel', async t => {
  t.match(judged('captured.rx[2].length == 64'), { verdict: 'fail', reason: /captured\.rx has 2 items/ });
  t.match(judged('captured.rx[0].tcp.dport == 80'), {
    verdict: 'fail',
    reason: /captured\.rx\.0 has no `tcp`/,
  });
  t.match(judged('captured.rx[0].vlan == 6'), { verdict: 'fail', reason: /5 == 6/ });
});

t.test('a capture that is not complete is said, and says nothing about the kernel', async t => {
  const lost = { lost: 3 };
  const reason = /the capture of rx kept 2 frames and had no room for 3: raise its `max`/;
  for (const expect of [
    'size(captured.rx) == 3',
    'captured.rx[0].vlan == 6',
    'captured.rx.all(f, f.length > 1)',
  ])
    t.match(judged(expect, lost), { verdict: 'error', reason }, expect);
  t.match(judged('sent == 0', lost), { verdict: 'pass', detail: reason }, 'other expectations count');
  t.match(judged('sent == 1', lost), { verdict: 'fail' });
});

t.test('reports have the number of frames', async t => {
  const { counters } = judged('sent == 0');
  t.match(withoutFrames(counters), { sent: 0, captured: { rx: { frames: 2 } } });
  t.same(withoutFrames({ sent: 1 }), { sent: 1 });
});
