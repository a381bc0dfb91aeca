import t from 'tap';
import type { Ledger, Stage } from '../../model/ledger.ts';
import { ledgerGraph } from './ledger-graph.ts';

function stage(name: string, into: number, out: Record<string, number>): Stage {
  return { name, in: into, out, residual: into - Object.values(out).reduce((sum, n) => sum + n, 0) };
}

function flows(stages: readonly Stage[], sinks: readonly string[]): string[] {
  const ledger: Ledger = {
    stages,
    sinks: sinks.map(name => ({ name, packets: 0, claimed: true })),
    absent: null,
  };
  const { nodes, links } = ledgerGraph(ledger);
  const label = (id: string): string => nodes.find(n => n.id === id)?.label ?? `no node ${id}`;
  return links.filter(l => l.value > 0).map(l => `${label(l.source)} > ${label(l.target)} ${l.value}`);
}

t.test('stages in a line, losses where they leave', async t => {
  const stages = [
    stage('wire', 10, { 'rx.packets': 10, 'tx.dropped': 0 }),
    stage('xdp', 10, { redirect: 9, pass: 1 }),
    stage('redirect', 9, { cpumap: 9 }),
    stage('cpumap', 9, { accepted: 4, 'cpumap.ring_full': 5 }),
    stage('kthread', 4, { dequeued: 4 }),
    stage('entry', 4, { pass: 0, no_program: 4 }),
    stage('stack', 5, { 'stack.delivered': 5 }),
  ];
  t.same(flows(stages, ['tx.dropped', 'cpumap.ring_full', 'stack.delivered']), [
    'sent > wire 10',
    'wire > xdp 10',
    'xdp > redirect 9',
    'xdp > stack 1',
    'redirect > cpumap 9',
    'cpumap > kthread 4',
    'cpumap > cpumap.ring_full 5',
    'kthread > entry 4',
    'entry > stack 4',
    'stack > stack.delivered 5',
  ]);
});

t.test('residuals: what is missing, and what comes from nowhere', async t => {
  const stages = [stage('wire', 10, { 'rx.packets': 7 }), stage('stack', 7, { 'stack.delivered': 9 })];
  t.same(flows(stages, ['stack.delivered']), [
    'sent > wire 10',
    'wire > stack 7',
    'wire > missing 3',
    'from nowhere > stack 2',
    'stack > stack.delivered 9',
  ]);
});

t.test('a redirect of an entry comes round again, and the graph has no cycle', async t => {
  const stages = [
    stage('wire', 10, { 'rx.packets': 10 }),
    stage('xdp', 10, { redirect: 10 }),
    stage('redirect', 15, { cpumap: 10, devmap: 5 }),
    stage('cpumap', 10, { accepted: 10 }),
    stage('devmap', 5, { 'devmap.sent': 5 }),
    stage('kthread', 10, { dequeued: 10 }),
    stage('entry', 10, { redirect: 5, 'entry.drop': 5 }),
    stage('stack', 0, { 'stack.delivered': 0 }),
  ];
  t.same(flows(stages, ['devmap.sent', 'entry.drop', 'stack.delivered']), [
    'sent > wire 10',
    'wire > xdp 10',
    'xdp > redirect 10',
    'redirected again > redirect 5',
    'redirect > cpumap 10',
    'redirect > devmap 5',
    'cpumap > kthread 10',
    'devmap > devmap.sent 5',
    'kthread > entry 10',
    'entry > redirect 5',
    'entry > entry.drop 5',
  ]);
});

t.test('an account of nothing draws nothing', async t => {
  t.same(ledgerGraph({ stages: [stage('wire', 0, { 'rx.packets': 0 })], sinks: [], absent: null }), {
    nodes: [],
    links: [],
  });
});
