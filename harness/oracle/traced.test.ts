import t from 'tap';
import { parseScenario, problemLines } from '../scenario/parse.ts';
import { yamlSource } from '../scenario/places.ts';
import { judge } from './judge.ts';
import { row, scenarioOf, seen } from './made-up.fixture.ts';
import { NAMES } from './subjects.ts';
import { tracedWitness } from './subjects/traced.ts';

const OBSERVE = `observe:
  - { tracepoint: 'xdp:xdp_devmap_xmit', by: [from_ifindex], sum: [sent, drops], as: xmit }
  - { tracepoint: 'net:net_dev_queue', by: [len] }
`;

function text(expect: readonly string[], observe = OBSERVE): string {
  return `title: t\nsource: s\n${observe}expect: ${JSON.stringify(expect)}\n`;
}

t.test('sums over all rows, and the rows; an event that did not happen has sums too', async t => {
  const [variant] = scenarioOf(
    text([
      'traced.xmit.total.sent == 30 && traced.xmit.total.events == 3',
      'traced.xmit.rows.exists(r, r.from_ifindex == 4 && r.sent == 20)',
      'traced.net_dev_queue.total.events == 0 && size(traced.net_dev_queue.rows) == 0',
    ]),
  ).variants;
  if (variant === undefined) throw new Error('no variant');
  t.strictSame(tracedWitness(variant.observe), [
    { name: 'traced.xmit', event: 'xdp/xdp_devmap_xmit', keys: ['from_ifindex'], sums: ['sent', 'drops'] },
    { name: 'traced.net_dev_queue', event: 'net/net_dev_queue', keys: ['len'], sums: [] },
  ]);
  const rows = [
    { from_ifindex: 3, events: 1, sent: 10, drops: 0 },
    { from_ifindex: 4, events: 2, sent: 20, drops: 0 },
  ];
  const judged = (lost: number, drops = 0) => {
    const devmap = [row('devmap', { from_ifindex: 3, to_ifindex: 4, events: 3, sent: 30, drops })];
    const witness = {
      kind: 'hist',
      lost,
      tables: { 'traced.xmit': rows, 'traced.net_dev_queue': [] },
    } as const;
    const devmaps = { devmap: [{ ...devmap[0], batch: [] }] };
    const tables = { ...devmaps, 'traced.xmit': rows, 'traced.net_dev_queue': [] };
    const observations = seen({
      witness: { ...witness, tables },
      observers: { devmap },
      maps: {},
      mapTypes: {},
    });
    const kernel = { version: '6.12.1', series: '6.12', arch: 'amd64' as const };
    return judge({ observations, variant, kernel, splats: [], stop: null });
  };
  t.match(judged(0), { verdict: 'pass' });
  t.match(judged(0, 1), {
    verdict: 'error',
    reason: /traced.xmit: drops is 0 to the witness, 1 to the observer of xdp:xdp_devmap_xmit/,
  });
  t.match(judged(2), { verdict: 'error', reason: /witness \(hist\) lost 2 events/ });
});

t.test('names that are not observed, and names twice', async t => {
  const rows: [string, string, RegExp][] = [
    ['traced.xmti.total.sent == 1', OBSERVE, /unknown name `traced.xmti`, did you mean `xmit`\?/],
    ['traced.xmit.totals.sent == 1', OBSERVE, /unknown name `traced.xmit.totals`, did you mean `total`\?/],
    [
      'traced.xmit.total.drop == 1',
      OBSERVE,
      /`traced.xmit.total.drop`, did you mean `drops`\? \(summed are events, sent, drops\)/,
    ],
    ['traced.x.total.events == 1', '', /the scenario has no `observe`/],
    [
      'traced.e.total.events == 1',
      "observe: [{ tracepoint: 'a:e', by: [k] }, { tracepoint: 'b:e', by: [k] }]\n",
      /is that of an earlier one/,
    ],
  ];
  for (const [expression, observe, message] of rows) {
    const file = { name: 't', file: 't.yaml', path: '/t.yaml' };
    const { problems } = parseScenario(yamlSource(text([expression], observe)), file, NAMES);
    t.match(problemLines('t.yaml', problems).join('\n'), message, expression);
  }
});
