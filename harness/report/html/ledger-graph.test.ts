import t from 'tap';
import type { Ledger, Stage } from '../../model/ledger.ts';
import { ledgerGraph } from './ledger-graph.ts';

/** `out` has an edge for each `name > stage`, a sink otherwise. */
function stage(
  name: string,
  enters: Record<string, number>,
  into: number,
  out: Record<string, number>,
): Stage {
  const ways = Object.entries(out).map(([way, packets]) => [...way.split(' > '), packets] as const);
  return {
    name,
    enters,
    in: into,
    out: Object.fromEntries(ways.map(way => [way[0], way.at(-1)])) as Record<string, number>,
    to: Object.fromEntries(ways.filter(way => way.length > 2)) as Record<string, string>,
    residual: into - ways.reduce((sum, way) => sum + Number(way.at(-1)), 0),
  };
}

function flows(stages: readonly Stage[]): string[] {
  const names = stages.flatMap(({ out, to }) => Object.keys(out).filter(name => to[name] === undefined));
  const sinks = names.map(name => ({
    name,
    packets: 0,
    claimed: true,
    needed: true,
    received: /sent|delivered/.test(name),
  }));
  const ledger: Ledger = { stages, sinks, origins: [], identity: [], absent: null };
  const { nodes, links } = ledgerGraph(ledger);
  const label = (id: string): string => {
    const node = nodes.find(n => n.id === id);
    return node?.kind === 'loss' ? `(${node.label})` : (node?.label ?? `no node ${id}`);
  };
  return links.filter(l => l.value > 0).map(l => `${label(l.source)} > ${label(l.target)} ${l.value}`);
}

t.test('stages in a line, losses where they leave', async t => {
  const stages = [
    stage('wire', { sent: 10 }, 10, { 'rx.packets > xdp': 10, 'tx.dropped': 0 }),
    stage('xdp', { injected: 0 }, 10, { 'redirect > redirect': 9, 'pass > stack': 1 }),
    stage('redirect', {}, 9, { 'cpumap > cpumap': 9 }),
    stage('cpumap', {}, 9, { 'accepted > kthread': 4, 'cpumap.ring_full': 5 }),
    stage('kthread', {}, 4, { 'dequeued > entry': 4 }),
    stage('entry', {}, 4, { 'pass > stack': 0, 'no_program > stack': 4 }),
    stage('stack', {}, 5, { 'stack.delivered': 5 }),
  ];
  t.same(flows(stages), [
    'sent > wire 10',
    'wire > xdp 10',
    'xdp > redirect 9',
    'xdp > stack 1',
    'redirect > cpumap 9',
    'cpumap > kthread 4',
    'cpumap > (cpumap.ring_full) 5',
    'kthread > entry 4',
    'entry > stack 4',
    'stack > stack.delivered 5',
  ]);
});

t.test('residuals: what is missing, and what comes from nowhere', async t => {
  const stages = [
    stage('wire', { sent: 10 }, 10, { 'rx.packets > stack': 7 }),
    stage('stack', {}, 7, { 'stack.delivered': 9 }),
  ];
  t.same(flows(stages), [
    'sent > wire 10',
    'wire > stack 7',
    'wire > missing 3',
    'from nowhere > stack 2',
    'stack > stack.delivered 9',
  ]);
});

t.test(
  'an edge to an earlier stage is drawn as an end and as a source, and the graph has no cycle',
  async t => {
    const stages = [
      stage('wire', { sent: 10 }, 10, { 'rx.packets > xdp': 10 }),
      stage('xdp', {}, 10, { 'redirect > redirect': 10 }),
      stage('redirect', {}, 15, { 'cpumap > cpumap': 10, 'devmap > devmap': 5 }),
      stage('cpumap', {}, 10, { 'accepted > kthread': 10 }),
      stage('kthread', {}, 10, { 'dequeued > entry': 10 }),
      stage('entry', {}, 10, { 'redirect > redirect': 5, 'entry.drop': 5 }),
      stage('devmap', {}, 5, { 'devmap.sent': 5 }),
      stage('stack', {}, 0, { 'stack.delivered': 0 }),
    ];
    t.same(flows(stages), [
      'sent > wire 10',
      'wire > xdp 10',
      'xdp > redirect 10',
      'entry redirect > redirect 5',
      'redirect > cpumap 10',
      'redirect > devmap 5',
      'cpumap > kthread 10',
      'kthread > entry 10',
      'entry > redirect 5',
      'entry > (entry.drop) 5',
      'devmap > devmap.sent 5',
    ]);
  },
);

t.test('an account of nothing draws nothing', async t => {
  t.same(
    ledgerGraph({
      stages: [stage('wire', { sent: 0 }, 0, { 'rx.packets > xdp': 0 })],
      sinks: [],
      origins: [],
      identity: [],
      absent: null,
    }),
    {
      nodes: [],
      links: [],
    },
  );
});
