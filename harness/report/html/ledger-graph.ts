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
  const sinks = new Set(ledger.sinks.map(({ name }) => name));
  const received = new Set(ledger.sinks.filter(sink => sink.received).map(({ name }) => name));
  const position = new Map(ledger.stages.map(({ name }, i) => [name, i]));
  // An edge to an earlier stage would be a cycle: it is drawn as an end here, and as a source there.
  const isBack = (from: number, name: string): boolean => (position.get(name) ?? -1) <= from;
  ledger.stages.forEach((stage, i) => {
    const id = node('stage', stageId(stage.name), stage.name);
    for (const [from, packets] of sourcesOf(ledger.stages, i))
      link(node('source', `source ${stage.name} ${from}`, from), id, packets, from);
    if (stage.residual < 0)
      link(node('wrong', `extra ${stage.name}`, 'from nowhere'), id, -stage.residual, 'from nowhere');
    for (const [name, packets] of Object.entries(stage.out)) {
      if (packets <= 0) continue;
      const next = stage.to[name];
      if (next !== undefined && !isBack(i, next)) link(id, node('stage', stageId(next), next), packets, name);
      else {
        const kind = sinks.has(name) && !received.has(name) ? 'loss' : 'end';
        link(id, node(kind, `${stage.name} ${name}`, next ?? name), packets, name);
      }
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

/** What comes into a stage from outside and, over an edge back, from a later stage. */
function sourcesOf(stages: readonly Stage[], at: number): [from: string, packets: number][] {
  const stage = stages[at];
  if (stage === undefined) return [];
  const again = stages.slice(at).flatMap(({ name, out, to }) =>
    Object.entries(out)
      .filter(([way]) => to[way] === stage.name)
      .map(([way, packets]): [string, number] => [`${name} ${way}`, packets]),
  );
  return [...Object.entries(stage.enters), ...again];
}

/** Links of nothing from stage to stage, so that one that packets reached from nowhere keeps its place in the order. */
function orderOf(stages: readonly Stage[], touched: ReadonlySet<string>): FlowLink[] {
  const ids = stages.map(stage => stageId(stage.name)).filter(id => touched.has(id));
  return ids.slice(1).map((target, i) => ({ source: ids[i] ?? target, target, value: 0, label: '' }));
}

function stageId(name: string): string {
  return `stage ${name}`;
}
