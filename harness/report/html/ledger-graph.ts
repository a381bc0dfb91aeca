import type { Ledger, Stage } from '../../model/ledger.ts';

/** A place in the drawing of a ledger. */
export interface FlowNode {
  readonly id: string;
  readonly label: string;
  /** `stage`: packets go through; `end`: they end there as they should; `loss`: they end elsewhere; `wrong`: nothing accounts for them. */
  readonly kind: 'source' | 'stage' | 'end' | 'loss' | 'wrong';
}

/** Packets on their way between two places. */
export interface FlowLink {
  readonly source: string;
  readonly target: string;
  readonly value: number;
  readonly label: string;
}

/** A ledger as a graph without cycles. Links of value 0 only keep the stages in order. */
export interface FlowGraph {
  readonly nodes: readonly FlowNode[];
  readonly links: readonly FlowLink[];
}

// Ways on, by name, of `../../oracle/ledger.ts`; any other name that is no sink goes on to the stage after.
const LEADS_TO: Readonly<Record<string, string>> = {
  'wire rx.packets': 'xdp',
  'xdp redirect': 'redirect',
  'xdp pass': 'stack',
  'redirect cpumap': 'cpumap',
  'redirect devmap': 'devmap',
  'cpumap accepted': 'kthread',
  'kthread dequeued': 'entry',
  'entry pass': 'stack',
  'entry no_program': 'stack',
};

// What comes into a stage from outside the account's main line.
const COMES_FROM: Readonly<Record<string, string>> = {
  wire: 'sent',
  xdp: 'injected',
  redirect: 'redirected again',
};

const DELIVERED = new Set(['stack.delivered', 'devmap.sent']);

/** The graph of a ledger; places without packets are left out, and a residual has a place of its own. */
export function ledgerGraph(ledger: Ledger): FlowGraph {
  const nodes = new Map<string, FlowNode>();
  const links: FlowLink[] = [];
  const node = (kind: FlowNode['kind'], id: string, label: string): string => {
    if (!nodes.has(id)) nodes.set(id, { id, kind, label });
    return id;
  };
  const link = (source: string, target: string, value: number, label: string): void => {
    if (value > 0) links.push({ source, target, value, label });
  };
  const sinks = new Set(ledger.sinks.map(sink => sink.name));
  ledger.stages.forEach((stage, i) => {
    const id = node('stage', stageId(stage.name), stage.name);
    const arrived = links.filter(l => l.target === id).reduce((sum, l) => sum + l.value, 0);
    if (stage.in > arrived) {
      const from = COMES_FROM[stage.name] ?? 'from elsewhere';
      link(node('source', `source ${stage.name}`, from), id, stage.in - arrived, from);
    }
    if (stage.residual < 0)
      link(node('wrong', `extra ${stage.name}`, 'from nowhere'), id, -stage.residual, 'from nowhere');
    for (const [name, packets] of Object.entries(stage.out)) {
      if (packets <= 0) continue;
      const target = sinks.has(name) ? null : nextStage(ledger.stages, i, name);
      if (target !== null) link(id, node('stage', stageId(target), target), packets, name);
      else
        link(id, node(sinks.has(name) && !DELIVERED.has(name) ? 'loss' : 'end', name, name), packets, name);
    }
    if (stage.residual > 0)
      link(id, node('wrong', `missing ${stage.name}`, 'missing'), stage.residual, 'missing');
  });
  const touched = new Set(links.flatMap(l => [l.source, l.target]));
  return {
    nodes: [...nodes.values()].filter(n => touched.has(n.id)),
    links: [...links, ...orderOf(ledger.stages, touched)],
  };
}

/** Links of nothing from stage to stage, so that one that packets reached from nowhere keeps its place in the order. */
function orderOf(stages: readonly Stage[], touched: ReadonlySet<string>): FlowLink[] {
  const ids = stages.map(stage => stageId(stage.name)).filter(id => touched.has(id));
  return ids.slice(1).map((target, i) => ({ source: ids[i] ?? target, target, value: 0, label: '' }));
}

function stageId(name: string): string {
  return `stage ${name}`;
}

// Never an earlier stage: an entry's redirect that comes round again is drawn as an end and as a source.
function nextStage(stages: readonly Stage[], from: number, name: string): string | null {
  const later = stages.slice(from + 1);
  const wanted = LEADS_TO[`${stages[from]?.name} ${name}`];
  const known = later.find(stage => stage.name === wanted);
  if (known !== undefined) return known.name;
  if (wanted === undefined && stages.some(stage => stage.name === name)) return null;
  return later[0]?.name ?? null;
}
