import t from 'tap';
import { count } from './counters.ts';
import { judge } from './judge.ts';
import { main, redirected, row, seen, source, variantOf } from './made-up.fixture.ts';

const KERNEL = { version: '6.12.117', series: '6.12', arch: 'amd64' as const };
const [RX, TX] = [3, 4];
const MAPS = { maps: { a: 11, b: 12 }, mapTypes: { a: 'devmap', b: 'devmap_hash' } };

function xmit(to_ifindex: number, sent: number, drops = 0) {
  return row('devmap', { from_ifindex: RX, to_ifindex, err: 0, events: 1, sent, drops });
}

/** Frames redirected by map `a` (and `b`), and what the devices did. */
function observed(
  redirects: readonly [map_id: number, to_ifindex: number, packets: number][],
  devmap: readonly ReturnType<typeof xmit>[],
  mode: 'native' | 'generic' = 'native',
) {
  const packets = redirects.reduce((total, [, , n]) => total + n, 0);
  return seen({
    ...MAPS,
    sources: [source(packets)],
    programs: [main({ redirect: packets }, mode)],
    observers: {
      redirect: redirects.map(([map_id, to_ifindex, n]) => redirected(n, { map_id, to_ifindex })),
      devmap,
    },
  });
}

function judged(observations: ReturnType<typeof seen>, expect: readonly string[]) {
  const variant = variantOf(expect);
  return judge({ observations, variant, kernel: KERNEL, splats: [], stop: null });
}

t.test('one map: its frames are those of the event', async t => {
  const observations = observed([[11, TX, 10]], [xmit(TX, 7, 3)]);
  const { counters, ledger, reason } = judged(observations, [
    'devmap.maps.a.sent == 7',
    'devmap.maps.a.drops == 3',
  ]);
  t.equal(reason, '');
  t.match(counters['devmap'], {
    redirected: 10,
    sent: 7,
    drops: 3,
    broadcast: 0,
    copies: 0,
    device: { tx: { redirected: 10, sent: 7, drops: 3 }, rx: { redirected: 0, sent: 0 } },
    maps: { b: { redirected: 0, sent: 0, drops: 0 } },
  });
  t.match(
    ledger?.stages.find(({ name }) => name === 'devmap'),
    { in: 10, residual: 0 },
  );
});

t.test('two maps to two devices: a stage of the ledger for each', async t => {
  const redirects: [number, number, number][] = [
    [11, TX, 10],
    [12, RX, 20],
  ];
  const whole = judged(observed(redirects, [xmit(TX, 10), xmit(RX, 20)]), ['devmap.sent == 30']);
  t.equal(whole.reason, '');
  t.strictSame(
    whole.ledger?.stages.filter(({ name }) => name.startsWith('devmap')).map(one => [one.name, one.in]),
    [
      ['devmap', 30],
      ['devmap a', 10],
      ['devmap b', 20],
    ],
  );
  const lost = judged(observed(redirects, [xmit(TX, 10), xmit(RX, 19)]), ['devmap.sent == 29']);
  t.equal(lost.reason, 'ledger: stage devmap b: 20 packets in, 19 out, 1 are unaccounted for');
  const dropped = judged(observed(redirects, [xmit(TX, 10), xmit(RX, 19, 1)]), ['devmap.maps.b.sent == 19']);
  t.match(dropped.reason, /stage devmap b lost 1 of 20 packets \(devmap\.maps\.b\.drops\)/);
  t.match(dropped.reason, /stage devmap a lost 10 of 10 packets \(devmap\.maps\.a\.sent\)/);
});

t.test('two maps to one device: redirects by map, transmits together, and a clear error', async t => {
  const observations = observed(
    [
      [11, TX, 10],
      [12, TX, 20],
    ],
    [xmit(TX, 30)],
  );
  t.equal(judged(observations, ['devmap.sent == 30', 'devmap.maps.b.redirected == 20']).reason, '');
  const { verdict, reason } = judged(observations, ['devmap.sent == 30', 'devmap.maps.b.sent == 20']);
  t.equal(verdict, 'error');
  t.match(
    reason,
    /`devmap\.maps\.b\.sent` has no value in this cell: b and a lead to the same device, and xdp_devmap_xmit does not say/,
  );
  const direct = observed(
    [
      [11, TX, 10],
      [0x7fffffff, TX, 20],
    ],
    [xmit(TX, 30)],
  );
  t.match(
    judged(direct, ['devmap.maps.a.sent == 10']).reason,
    /a and another redirect lead to the same device/,
  );
});

t.test('generic mode has no event: redirects are what was sent, by map', async t => {
  const observations = observed(
    [
      [11, TX, 10],
      [12, TX, 20],
    ],
    [],
    'generic',
  );
  const expect = ['devmap.maps.a.sent == 10', 'devmap.maps.b.sent == 20', 'devmap.sent == 30'];
  t.equal(judged(observations, expect).reason, '');
});

t.test('copies of a broadcast must be named', async t => {
  const observations = observed([[11, 0, 10]], [xmit(TX, 10), xmit(RX, 9, 1)]);
  const named = ['devmap.sent == 19', 'devmap.drops == 1'];
  t.match(judged(observations, named).reason, /stage devmap has 10 more packets \(devmap\.copies\)/);
  t.equal(judged(observations, [...named, 'devmap.copies == devmap.broadcast']).reason, '');
  t.match(
    judged(observed([[11, 0, 10]], [xmit(TX, 9)]), ['devmap.sent == 9']).reason,
    /1 are unaccounted for/,
  );
  // The event of a broadcast has the device of the key's entry, where there is one.
  const hit = judged(observed([[11, TX, 10]], [xmit(TX, 10), xmit(RX, 10)]), ['devmap.maps.a.sent == 20']);
  t.equal(hit.reason, 'ledger: stage devmap has 10 more packets (devmap.copies), which no expectation names');
  const generic = observed([[11, 0, 10]], [], 'generic');
  t.match(
    judged(generic, ['sent == 10']).reason,
    /10 packets \(devmap\.broadcast\), which no expectation names/,
  );
});

t.test('frames of a cpumap are no devmap’s', async t => {
  const { counters } = count(
    seen({ programs: [main({ redirect: 5 })], observers: { redirect: [redirected(5)] } }),
    KERNEL,
    variantOf(['sent == 0']),
  );
  t.match(counters['devmap'], { redirected: 0, maps: {} });
});

t.test('generic mode, two maps of which one broadcasts: the broadcast ends where all maps do', async t => {
  const observations = observed(
    [
      [11, 0, 10],
      [12, TX, 5],
    ],
    [],
    'generic',
  );
  const { reason, ledger } = judged(observations, ['devmap.broadcast == 10', 'devmap.sent == 5']);
  t.equal(reason, '');
  t.match(
    ledger?.stages.find(({ name }) => name === 'devmap'),
    { in: 15, out: { 'devmap.sent': 5, 'devmap.broadcast': 10 }, residual: 0 },
  );
});
