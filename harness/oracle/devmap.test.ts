import t from 'tap';
import type { ActionCounts } from '../model/counters.ts';
import type { ProgramReading } from '../model/observations.ts';
import { count, type KernelFacts } from './counters.ts';
import { judge } from './judge.ts';
import { actions, main, redirected, row, scenarioOf, seen, source, variantOf } from './made-up.fixture.ts';

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
  // Of a broadcast nobody knows for how many devices it was: what is missing is a frame without a device.
  t.match(
    judged(observed([[11, 0, 10]], [xmit(TX, 9)]), ['devmap.sent == 9']).reason,
    /lost 1 of 10 packets \(devmap\.no_device\)/,
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

const EGRESS_ID = 43;

function egress(some: Partial<ActionCounts>): ProgramReading {
  return { name: 'egress', id: EGRESS_ID, role: 'egress', mode: null, actions: actions(some) };
}

/** Judges frames that were redirected to key 2 of map `a`, which leads to `p1`, with these steps before. */
function judgedAfter(
  setup: readonly string[],
  observations: ReturnType<typeof seen>,
  expect: readonly string[],
  kernel: KernelFacts = KERNEL,
) {
  const [variant] = scenarioOf(`
title: made up
source: devmap.c
guest: { devices: [{ name: p1, kind: veth, peer: q1 }] }
setup: ${JSON.stringify(setup.map(step => ({ update: { map: 'a', key: 2, device: 'p1', ...JSON.parse(step) } })))}
traffic: [{ frames: { count: 10 } }]
expect: ${JSON.stringify(expect)}
topology: veth`).variants;
  if (variant === undefined) throw new Error('no variant');
  return judge({ observations, variant, kernel, splats: [], stop: null });
}

function withProgram(
  some: Partial<ActionCounts>,
  devmap: readonly ReturnType<typeof xmit>[],
  mode: 'native' | 'generic' = 'native',
) {
  const base = observed([[11, P1, 10]], devmap, mode);
  const devices = { ...base.devices, p1: { tx_packets: some.pass ?? 0, tx_dropped: 0 } };
  const ifindex = { ...base.ifindex, p1: P1 };
  return { ...base, devices, ifindex, programs: [...base.programs, egress(some)] };
}

const P1 = 9;
const PROGRAM = '{"program":"egress"}';
const OLD = { version: '5.10.262', series: '5.10', arch: 'amd64' as const };
const VERDICTS = ['devmap_entry.drop == 4', 'devmap.sent == 6'];

t.test('the program of an entry: what it did not pass is no drop of the device', async t => {
  const whole = judgedAfter([PROGRAM], withProgram({ pass: 6, drop: 4 }, [xmit(P1, 6, 4)]), VERDICTS);
  t.equal(whole.reason, '');
  t.match(whole.counters, {
    devmap: { sent: 6, drops: 0, copies: 0 },
    devmap_entry: { ran: 10, pass: 6, drop: 4 },
  });
  t.strictSame(
    whole.ledger?.stages.filter(one => /devmap|transmit/.test(one.name)).map(one => [one.name, one.in]),
    [
      ['devmap_entry', 10],
      ['devmap', 10],
      ['transmit', 6],
    ],
  );
  const old = judgedAfter([PROGRAM], withProgram({ pass: 6, drop: 4 }, [xmit(P1, 6)]), VERDICTS, OLD);
  t.equal(old.reason, '', 'before 5.14 the event does not have it');
  t.equal(
    judgedAfter([PROGRAM], withProgram({ pass: 6, drop: 4 }, [xmit(P1, 6)]), VERDICTS).reason,
    'ledger: stage transmit: 6 packets in, 2 out, 4 are unaccounted for',
  );
  t.match(
    judgedAfter([PROGRAM], withProgram({ pass: 6, drop: 4 }, [xmit(P1, 6, 4)]), [
      ...VERDICTS,
      'devmap.device.p1.drops == 0',
    ]).reason,
    /`devmap\.device\.p1\.drops` has no value in this cell: programs of entries/,
  );
});

t.test(
  'a frame that went past the program of its entry, or that no device and no program dropped',
  async t => {
    const past = judgedAfter([PROGRAM], withProgram({ pass: 9 }, [xmit(P1, 10)]), ['devmap.sent == 10']);
    t.match(past.reason, /stage devmap_entry: 10 packets in, 9 out, 1 are unaccounted for/);
    const lost = judgedAfter([PROGRAM], withProgram({ pass: 10 }, [xmit(P1, 9)]), ['devmap.sent == 9']);
    t.match(lost.reason, /stage transmit: 10 packets in, 9 out, 1 are unaccounted for/);
    const both = withProgram({ pass: 9 }, [xmit(P1, 10)]);
    t.equal(judgedAfter([PROGRAM, '{}'], both, ['devmap.sent == 10']).reason, '', 'it had none at times');
  },
);

t.test('generic mode: what the devices of entries counted is what was sent', async t => {
  const generic = (tx_packets: number, tx_dropped = 0) => {
    const base = observed([[11, P1, 10]], [], 'generic');
    return {
      ...base,
      devices: { ...base.devices, p1: { tx_packets, tx_dropped } },
      ifindex: { ...base.ifindex, p1: P1 },
    };
  };
  const whole = judgedAfter(['{}'], generic(10), ['devmap.sent == 10']);
  t.equal(whole.reason, '');
  t.match(whole.counters['devmap'], {
    device: { p1: { redirected: 10, sent: 10 } },
    maps: { a: { sent: 10 } },
  });
  t.equal(judgedAfter(['{}'], generic(7, 3), ['devmap.sent == 7', 'devmap.drops == 3']).reason, '');
  t.match(judgedAfter(['{}'], generic(7), ['devmap.sent == 7']).reason, /3 are unaccounted for/);
  t.equal(judgedAfter(['{}'], generic(25), ['devmap.sent == 25', 'devmap.copies == 15']).reason, '');
  const programs = withProgram({ pass: 6, drop: 4 }, [], 'generic');
  t.equal(judgedAfter([PROGRAM], programs, VERDICTS).reason, '');
});

t.test('a broadcast of which no device got a copy', async t => {
  const nobody = observed([[11, 0, 10]], []);
  t.match(judged(nobody, ['sent == 10']).reason, /lost 10 of 10 packets \(devmap\.no_device\)/);
  t.equal(judged(nobody, ['devmap.no_device == 10']).reason, '');
});
