import t from 'tap';
import type { Counters } from '../model/counters.ts';
import type { Words } from '../scenario/vocabulary.ts';
import { count } from './counters.ts';
import {
  enqueue,
  entry,
  kthread,
  main,
  redirected,
  row,
  seen,
  source,
  variantOf,
} from './made-up.fixture.ts';
import { stages } from './ledger.ts';
import { SUBJECTS, VOCABULARY } from './subjects.ts';

const VARIANT = variantOf(['sent == 0']);
const K512 = { version: '6.12.117', series: '6.12', arch: 'amd64' as const };
const K510 = { version: '5.10.262', series: '5.10', arch: 'amd64' as const };

/** What the counters have that no word names, and the other way round. A name without a value must be in `absent`, and only there. */
function unmatched(
  words: Words,
  counters: Counters,
  absent: Readonly<Record<string, string>>,
  path = '',
): string[] {
  const names = new Set([...Object.keys(words), ...Object.keys(counters)]);
  return [...names].flatMap(name => {
    const [word, value] = [words[name] ?? words['*'], counters[name]];
    if (name === '*') return [];
    if (word === undefined) return [`${path}${name} has no word`];
    const reason = absent[`${path}${name}`];
    if (value === undefined) return reason === undefined ? [`${path}${name} is not counted`] : [];
    if (reason !== undefined) return [`${path}${name} is counted, and has no value: ${reason}`];
    return word.kind === 'branch' ? unmatched(word.words, value as Counters, absent, `${path}${name}.`) : [];
  });
}

t.test('the vocabulary names exactly what is counted', async t => {
  const observations = seen({
    programs: [main({ redirect: 1 }), entry({ pass: 1 })],
    observers: { redirect: [redirected(1)], enqueue: [enqueue(1)], kthread: [kthread(1)] },
  });
  const identities = {
    matched: 1,
    duplicated: 0,
    absent: 0,
    examples: { duplicated: [], absent: [] },
    once: true,
  };
  const unknown = ['identity.duplicated', 'identity.missing', 'identity.reordered', 'identity.unsent'];
  for (const [one, without] of [
    [seen({}), unknown],
    [observations, unknown],
    [{ ...observations, identities: 'a program changes the numbers' }, unknown],
    [{ ...observations, identities }, []],
  ] as const) {
    const { counters, absent } = count(one, K512, VARIANT);
    t.strictSame(unmatched(VOCABULARY, counters, absent), []);
    t.same(Object.keys(absent).toSorted(), without);
  }
});

t.test('every subject declares the names of its stages', async t => {
  const devmaps = seen({
    programs: [main({ redirect: 30 })],
    maps: { a: 11, b: 12 },
    mapTypes: { a: 'devmap', b: 'devmap' },
    observers: {
      redirect: [
        redirected(10, { map_id: 11, to_ifindex: 4 }),
        redirected(20, { map_id: 12, to_ifindex: 3 }),
      ],
      devmap: [row('devmap', { to_ifindex: 4, sent: 10 }), row('devmap', { to_ifindex: 3, sent: 20 })],
    },
  });
  for (const observations of [seen({}), seen({ programs: [main({})] }), devmaps]) {
    for (const [index, { stages: own }] of count(observations, K512, VARIANT).accounts.entries()) {
      const { faults = [] } = SUBJECTS[index] ?? {};
      for (const { name } of own)
        t.ok(
          faults.some(
            fault => fault === name || (fault.endsWith('*') && name.startsWith(fault.slice(0, -1))),
          ),
          name,
        );
    }
  }
});

t.test('native: processed counts attempts (C4), ring full is in no redirect error', async t => {
  const observations = seen({
    sources: [source(1000)],
    programs: [main({ redirect: 1000 })],
    observers: { redirect: [redirected(1000)], enqueue: [enqueue(1000, 488)], kthread: [kthread(512)] },
    delivered: 512,
  });
  const { counters, accounts } = count(observations, K512, VARIANT);
  t.match(counters, {
    cpumap: { offered: 1000, accepted: 512, ring_full: 488 },
    raw: { enqueue: { processed: 1000, drops: 488 } },
    xdp: { redirect_err: 0 },
  });
  t.strictSame(
    stages(accounts).map(s => s.residual),
    [0, 0, 0, 0, 0, 0, 0],
  );
});

t.test('generic: processed counts successes (C4), ring full is ENOSPC too and counted once', async t => {
  const observations = seen({
    sources: [source(1000)],
    programs: [main({ redirect: 1000 }, 'generic')],
    observers: {
      redirect: [redirected(512), redirected(488, { err: -28 })],
      enqueue: [enqueue(512, 488)],
      kthread: [kthread(512)],
    },
    delivered: 512,
  });
  const { counters, accounts } = count(observations, K512, VARIANT);
  t.match(counters, {
    mode: 'generic',
    cpumap: { offered: 1000, accepted: 512, ring_full: 488 },
    xdp: { redirect_ok: 512, redirect_err: 488, redirect_errs: { ENOSPC: 488, EINVAL: 0 } },
  });
  t.strictSame(
    stages(accounts).map(s => s.residual),
    [0, 0, 0, 0, 0, 0, 0],
  );
});

t.test('5.10: kthread.drops holds what the stack refused (C11), and that was delivered to it', async t => {
  const observations = seen({
    sources: [source(100)],
    programs: [main({ redirect: 100 })],
    observers: {
      redirect: [redirected(100)],
      enqueue: [enqueue(100)],
      kthread: [kthread(100, { drops: 100 })],
    },
    delivered: 100,
  });
  const old = count(observations, K510, VARIANT);
  t.match(old.counters['kthread'], { drops: 100, refused: 100, alloc_drops: 0 });
  t.equal(stages(old.accounts).at(-1)?.residual, 0);
  const now = count(observations, K512, VARIANT);
  t.match(now.counters['kthread'], { drops: 100, refused: 0, alloc_drops: 100 });
  t.equal(
    stages(now.accounts).at(-1)?.residual,
    -100,
    'an skb that could not be allocated cannot be delivered',
  );
});

t.test('5.10: generic redirect is refused with EBADRQC', async t => {
  const observations = seen({
    sources: [source(10)],
    programs: [main({ redirect: 10 }, 'generic')],
    observers: { redirect: [redirected(10, { err: -56 })] },
  });
  const { counters, accounts } = count(observations, K510, VARIANT);
  t.match(counters['xdp'], { redirect_err: 10, redirect_errs: { EBADRQC: 10, ENOSPC: 0 } });
  const redirect = stages(accounts).find(({ name }) => name === 'redirect');
  t.match(redirect, { in: 10, out: { 'xdp.redirect_err': 10 }, residual: 0 });
});

t.test('live frames enter behind the wire', async t => {
  const observations = seen({
    sources: [source(256, { source: 'live', on: 'rx' })],
    programs: [main({ pass: 256 })],
    delivered: 256,
  });
  const [wire, xdp] = stages(count(observations, K512, VARIANT).accounts);
  t.match(wire, { name: 'wire', in: 0, residual: 0 });
  t.match(xdp, { name: 'xdp', in: 256, enters: { injected: 256 }, out: { pass: 256 }, residual: 0 });
});

t.test('frames that veth dropped: the source learns of it (and sends another) or not', async t => {
  const devices = { rx: { rx_packets: 100, rx_dropped: 0 }, tx: { tx_packets: 100, tx_dropped: 7 } };
  const programs = [main({ drop: 100 })];
  for (const sources of [[source(100, { errors: 7 })], [source(107)]]) {
    const observations = seen({ sources, devices, programs });
    const [wire] = stages(count(observations, K512, VARIANT).accounts);
    t.equal(wire?.residual, 0);
  }
});

t.test('rows of other maps and programs are nobody’s', async t => {
  const observations = seen({
    programs: [main({}), entry({})],
    observers: {
      redirect: [redirected(9, { prog_id: 99 })],
      enqueue: [enqueue(9, 0, { map_id: 99 })],
      kthread: [kthread(9, { map_id: 99 })],
    },
  });
  t.match(count(observations, K512, VARIANT).counters, {
    xdp: { redirect_ok: 0 },
    cpumap: { offered: 0 },
    kthread: { processed: 0 },
  });
});

t.test(
  'results of steps are next to the counters; a device without its counters is a broken harness',
  async t => {
    const steps = { look: { errno: 'ENOENT' } };
    t.match(count(seen({ steps }), K512, VARIANT).counters, { look: { errno: 'ENOENT' }, sent: 0 });
    t.throws(() => count(seen({ devices: { rx: {} } }), K512, VARIANT), { code: 'harness' });
  },
);
