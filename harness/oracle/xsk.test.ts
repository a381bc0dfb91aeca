import t from 'tap';
import type { Observations, XskReading } from '../model/observations.ts';
import { judge } from './judge.ts';
import { main, redirected, seen, source, variantOf } from './made-up.fixture.ts';

const KERNEL = { version: '6.12.117', series: '6.12', arch: 'amd64' as const };
const [EINVAL, ENOMEM, ENOBUFS] = [-22, -12, -105];

function socket(some: Partial<XskReading>): XskReading {
  return {
    received: 0,
    bytes: 0,
    descs: 0,
    outside: 0,
    completed: 0,
    rx_dropped: 0,
    rx_invalid_descs: 0,
    rx_ring_full: 0,
    rx_fill_ring_empty_descs: 0,
    tx_invalid_descs: 0,
    tx_ring_empty_descs: 0,
    ...some,
  };
}

/** Frames redirected into an xskmap, by errno, and what its sockets say. */
function observed(
  redirects: readonly [err: number, packets: number][],
  xsks: Record<string, XskReading>,
  xskFrames: Observations['xskFrames'] = { exact: 0, changed: 0, duplicated: 0, example: '' },
) {
  const packets = redirects.reduce((total, [, n]) => total + n, 0);
  return seen({
    maps: { xsks: 11 },
    mapTypes: { xsks: 'xskmap' },
    sources: [source(packets)],
    programs: [main({ redirect: packets })],
    observers: { redirect: redirects.map(([err, n]) => redirected(n, { map_id: 11, err })) },
    xsks,
    xskFrames,
  });
}

function judged(observations: ReturnType<typeof seen>, expect: readonly string[]) {
  const variant = variantOf(expect);
  return judge({ observations, variant, kernel: KERNEL, splats: [], stop: null });
}

t.test('what is redirected into an xskmap ends in its sockets, received or dropped', async t => {
  const observations = observed(
    [
      [0, 10],
      [ENOBUFS, 3],
      [ENOMEM, 2],
      [EINVAL, 4],
    ],
    { s: socket({ received: 6, rx_ring_full: 3 }), other: socket({ received: 4, rx_dropped: 2 }) },
  );
  const { counters, ledger, reason } = judged(observations, [
    'xsk.received == 10',
    'xsk.sockets.s.rx_ring_full == 3',
    'xsk.rx_dropped == 2',
    'xsk.errs.EINVAL == 4',
  ]);
  t.equal(reason, '');
  t.match(counters['xsk'], {
    redirected: 10,
    failed: 9,
    refused: 4,
    errs: { ENOBUFS: 3, ENOMEM: 2, EINVAL: 4, ENOSPC: 0 },
    maps: { xsks: { redirected: 10, failed: 9 } },
    sockets: { s: { received: 6 }, other: { received: 4 } },
  });
  t.match(counters['xdp'], { redirect_err: 9 }, 'the words of programs count them too');
  t.strictSame(
    ledger?.stages.map(({ name, in: into, residual }) => [name, into, residual]),
    [
      ['wire', 19, 0],
      ['xdp', 19, 0],
      ['redirect', 19, 0],
      ['xsk', 19, 0],
      ['stack', 0, 0],
    ],
  );
});

t.test('a frame that no socket received is missed, and so is one that a statistic forgot', async t => {
  const lost = judged(observed([[0, 10]], { s: socket({ received: 9 }) }), ['xsk.received == 9']);
  t.equal(lost.reason, 'ledger: stage xsk: 10 packets in, 9 out, 1 are unaccounted for');
  const forgotten = judged(
    observed(
      [
        [0, 10],
        [ENOBUFS, 5],
      ],
      { s: socket({ received: 10, rx_ring_full: 4 }) },
    ),
    ['xsk.received == 10', 'xsk.rx_ring_full == 4'],
  );
  t.equal(forgotten.reason, 'ledger: stage xsk: 15 packets in, 14 out, 1 are unaccounted for');
});

t.test('each way out has to be named', async t => {
  const { reason } = judged(
    observed(
      [
        [0, 1],
        [ENOBUFS, 2],
        [EINVAL, 3],
      ],
      { s: socket({ received: 1, rx_ring_full: 2 }) },
    ),
    ['xsk.received == 1'],
  );
  t.match(reason, /stage xsk lost 2 of 6 packets \(xsk\.rx_ring_full\)/);
  t.match(reason, /stage xsk lost 3 of 6 packets \(xsk\.refused\)/);
});

t.test('frames in sockets that are not as sent are a fault, unless an expectation says how many', async t => {
  const frames = { exact: 7, changed: 2, duplicated: 1, example: 'number 3 of port 9000: byte 22 differs' };
  const observations = observed([[0, 9]], { s: socket({ received: 9 }) }, frames);
  const { reason } = judged(observations, ['xsk.received == 9']);
  t.match(reason, /2 frames in AF_XDP sockets not as sent \(number 3 of port 9000: byte 22 differs\)/);
  t.match(reason, /1 frame in AF_XDP sockets more often than sent/);
  t.equal(judged(observations, ['xsk.received == 9', 'xsk.exact == 7', 'xsk.duplicated == 1']).reason, '');
  const elsewhere = observed([[0, 9]], { s: socket({ received: 9, outside: 1 }) });
  t.match(
    judged(elsewhere, ['xsk.received == 9']).reason,
    /AF_XDP sockets have 1 descriptor of bytes outside of their memory: xsk\.outside/,
  );
  const opaque = observed([[0, 9]], { s: socket({ received: 9 }) }, 'nobody knows');
  t.equal(judged(opaque, ['xsk.received == 9']).reason, '');
  t.match(judged(opaque, ['xsk.received == 9', 'xsk.exact == 9']), {
    verdict: 'error',
    reason: /nobody knows/,
  });
});
