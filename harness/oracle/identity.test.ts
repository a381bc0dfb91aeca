import t from 'tap';
import type { Identities, Observations, StackRow } from '../model/observations.ts';
import { judge } from './judge.ts';
import { enqueue, kthread, main, redirected, seen, source, variantOf } from './made-up.fixture.ts';

const KERNEL = { version: '6.12.1', series: '6.12', arch: 'amd64' as const };
const ALL: Identities = {
  matched: 100,
  duplicated: 0,
  absent: 0,
  examples: { duplicated: [], absent: [] },
  once: true,
};

/** Judges a cell whose counts are all right: 100 packets sent, redirected and delivered. */
function judged(
  identities: Identities | string | null,
  row: Partial<StackRow> = {},
  expect: readonly string[] = ['sent == 100'],
  more = '',
  also: Partial<Pick<Observations, 'explained' | 'opaque'>> = {},
) {
  const observations = seen({
    sources: [source(100, { errors: 2 })],
    programs: [main({ redirect: 100 })],
    observers: { redirect: [redirected(100)], enqueue: [enqueue(100)], kthread: [kthread(100)] },
    delivered: 100,
    identities,
    ...also,
  });
  return judge({
    observations: { ...observations, stack: observations.stack.map(one => ({ ...one, ...row })) },
    variant: variantOf(expect, { more }),
    kernel: KERNEL,
    splats: [],
    stop: null,
  });
}

t.test('counts that are right are not enough', async t => {
  const swapped: Identities = {
    ...ALL,
    matched: 99,
    duplicated: 1,
    absent: 1,
    examples: { duplicated: ['number 7 of port 9000'], absent: ['number 8 of port 9000'] },
  };
  const rows: [name: string, result: ReturnType<typeof judged>, verdict: string, reason: RegExp][] = [
    ['all is well', judged(ALL), 'pass', /^$/],
    [
      'one twice, one missing',
      judged(swapped),
      'fail',
      /^ledger: 1 packet came more than once \(number 7 of port 9000\): identity\.duplicated, .*; ledger: 1 packet missing \(number 8 of port 9000\): identity\.missing/,
    ],
    [
      'a number that was not sent',
      judged({ ...ALL, matched: 99, absent: 1 }, { unsent: 1 }),
      'fail',
      /unsent/,
    ],
    ['a packet that came late', judged(ALL, { reordered: 1 }), 'fail', /1 packet came after a later one/],
    [
      'a changed byte',
      judged(ALL, { exact: 99, differs: 41 }),
      'fail',
      /^ledger: 1 packet not as sent \(byte 40, udp_csum\): identity\.changed, which no expectation names$/,
    ],
    [
      'an id that errors of the source explain',
      judged(ALL, { exact: 98, ahead: 2, ahead_most: 2 }),
      'pass',
      /^$/,
    ],
    [
      'an id that nothing explains',
      judged(ALL, { exact: 98, ahead: 2, ahead_most: 3 }),
      'fail',
      /2 packets not as/,
    ],
    [
      'an expectation that names it',
      judged(ALL, { exact: 99 }, ['identity.changed == 1', 'stack.mangled == 1']),
      'pass',
      /^$/,
    ],
    ['another name of it', judged(ALL, { exact: 99 }, ['stack.exact == 99']), 'pass', /^$/],
    ['order is not kept', judged(ALL, { reordered: 1 }, ['sent == 100'], 'changes: [order]'), 'pass', /^$/],
    ['numbers that say nothing', judged('a program changes the numbers', { reordered: 9 }), 'pass', /^$/],
    [
      'an expectation without a value',
      judged('a program changes the numbers', {}, ['identity.missing == 0']),
      'error',
      /`identity\.missing` has no value in this cell: a program changes the numbers/,
    ],
  ];
  for (const [name, { verdict, reason }, expected, words] of rows) {
    t.equal(verdict, expected, `${name}: ${reason}`);
    t.match(reason, words, name);
  }
});

t.test('a packet that nobody knows is changed, and not missing as well', async t => {
  const strange = { skbs: 80, unnumbered: 20, strange: 20, exact: 80, differs: 0x10005 };
  const some: Identities = { ...ALL, matched: 80, absent: 20 };
  const { verdict, reason } = judged(some, strange);
  t.equal(verdict, 'fail');
  t.equal(
    reason,
    'ledger: 20 packets not as sent (no source sends such a frame): identity.changed, which no expectation names',
  );
  t.match(
    judged({ ...some, matched: 79, absent: 21 }, strange).reason,
    /1 packet missing: identity\.missing/,
  );
});

t.test('a change that a program explains is no fault, and a loss stays one', async t => {
  const text = 'program `nat` changes bytes 30 to 33 of each packet';
  const changed = { exact: 0, differs: 31 };
  const explained = judged(ALL, changed, ['stack.mangled >= 1'], '', { explained: text });
  t.match(explained, { verdict: 'pass', detail: text, counters: { identity: { changed: 100 } } });
  t.match(judged(ALL, changed, ['stack.mangled >= 1']), { verdict: 'fail' });
  const lost = judged({ ...ALL, matched: 99, duplicated: 1, absent: 1 }, changed, undefined, '', {
    explained: text,
  });
  t.match(lost, { verdict: 'fail', reason: /1 packet came more than once.*1 packet missing/ });
  const renamed = { exact: 0, unsent: 100, unclaimed: 100 };
  const ports: Identities = { ...ALL, matched: 0, absent: 100 };
  t.match(judged(ports, renamed, undefined, '', { explained: text }), { verdict: 'pass' });
  t.match(judged(ports, renamed), { verdict: 'fail', reason: /identity\.missing.*identity\.unsent/ });
});

t.test('frames of which bpfrig does not know the bytes are counted, and not compared', async t => {
  const why = 'the frames of `tcp` are the kernel’s';
  const row = { skbs: 0, unnumbered: 100, strange: 100, exact: 0 };
  t.match(judged(why, row, undefined, '', { opaque: why }), { verdict: 'pass' });
  const { verdict, reason } = judged(why, row, ['stack.exact == 0'], '', { opaque: why });
  t.equal(verdict, 'error');
  t.match(reason, /`stack\.exact` has no value in this cell/);
});

t.test('what a kernel sends by itself is neither delivered nor lost', async t => {
  const observations = seen({
    sources: [source(100)],
    devices: { rx: { rx_packets: 103, rx_dropped: 0 }, tx: { tx_packets: 103, tx_dropped: 0 } },
    programs: [main({ redirect: 100, pass: 3 })],
    observers: { redirect: [redirected(100)], enqueue: [enqueue(100)], kthread: [kthread(100)] },
    delivered: 100,
    identities: ALL,
  });
  const stack = observations.stack.map(one => ({ ...one, foreign: 3 }));
  const variant = variantOf(['stack.foreign == 3', 'stack.delivered == 100']);
  const input = { observations: { ...observations, stack }, variant, kernel: KERNEL, splats: [], stop: null };
  t.match(judge(input), { verdict: 'pass' });
});

t.test('packets that a count says were lost are not missing', async t => {
  const observations = seen({
    sources: [source(100)],
    programs: [main({ redirect: 90, drop: 10 })],
    observers: { redirect: [redirected(90)], enqueue: [enqueue(90)], kthread: [kthread(90)] },
    delivered: 90,
    identities: { ...ALL, matched: 90, absent: 10 },
  });
  const variant = variantOf(['xdp.drop == 10', 'identity.missing == 0']);
  const input = { observations, variant, kernel: KERNEL, splats: [], stop: null };
  t.match(judge(input), { verdict: 'pass', ledger: { identity: [{}, { packets: 0 }] } });
});

t.test('packets that a stage does not account for are the fault of that stage alone', async t => {
  const observations = seen({
    sources: [source(100)],
    programs: [main({ redirect: 100 })],
    observers: { redirect: [redirected(100)], enqueue: [enqueue(100)], kthread: [kthread(90)] },
    delivered: 90,
    identities: { ...ALL, matched: 90, absent: 10 },
  });
  const input = { observations, variant: variantOf(['sent == 100']), kernel: KERNEL, splats: [], stop: null };
  t.match(judge(input), { verdict: 'fail', ledger: { identity: [{}, { packets: 0 }] } });
  t.notMatch(judge(input).reason, /identity/);
});
