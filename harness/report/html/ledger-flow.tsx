import { sankey, sankeyLinkHorizontal, type SankeyLink, type SankeyNode } from 'd3-sankey';
import type { Ledger } from '../../model/ledger.ts';
import { groupBy } from '../../util/group-by.ts';
import { oneLine } from '../text.ts';
import { ledgerGraph, type FlowGraph, type FlowLink, type FlowNode } from './ledger-graph.ts';

type Placed = SankeyNode<FlowNode, FlowLink>;
type PlacedLink = SankeyLink<FlowNode, FlowLink>;

const COLUMN = 118;
const BAND = 84;
const MARGIN = { top: 40, right: 130, bottom: 30, left: 8 };
const SINK_GAP = 40;

/** The account drawn from left to right, as wide as there are packets; losses leave downwards at their stage. */
export function LedgerFlow({ ledger }: { readonly ledger: Ledger | null }) {
  if (ledger === null) return <p class="quiet">There is no account of this cell's packets.</p>;
  if (ledger.absent !== null) return <p class="quiet">No account: {oneLine(ledger.absent)}.</p>;
  const graph = ledgerGraph(ledger);
  return (
    <>
      {graph.nodes.length === 0 ? (
        <p class="quiet">Not a single packet was sent.</p>
      ) : (
        <Drawing {...layOut(graph)} />
      )}
      <StageTable ledger={ledger} />
    </>
  );
}

interface Layout {
  readonly nodes: readonly Placed[];
  readonly links: readonly PlacedLink[];
  readonly width: number;
  readonly height: number;
}

function layOut(graph: FlowGraph): Layout {
  const first = placed(graph, 1);
  const rows = Math.max(...[...groupBy(first.nodes, layerOf).values()].map(nodes => nodes.length));
  return placed(graph, rows);
}

function placed(graph: FlowGraph, rows: number): Layout {
  const stages = graph.nodes.filter(n => n.kind === 'stage').length;
  const width = MARGIN.left + (stages + 1) * COLUMN + MARGIN.right;
  const height = MARGIN.top + BAND + (rows - 1) * SINK_GAP + MARGIN.bottom;
  const layout = sankey<FlowNode, FlowLink>()
    .nodeId(node => node.id)
    .nodeWidth(7)
    .nodePadding(SINK_GAP)
    .nodeAlign(column)
    .nodeSort(byKind)
    .iterations(0)
    .extent([
      [MARGIN.left, MARGIN.top],
      [width - MARGIN.right, height - MARGIN.bottom],
    ]);
  const drawing = layout({
    nodes: graph.nodes.map(n => ({ ...n })),
    links: graph.links.map(l => ({ ...l })),
  });
  stack(drawing.nodes);
  const { nodes, links } = layout.update(drawing);
  return { nodes, links: links.filter(l => l.value > 0), width, height };
}

// The main line straight along the top, everything else below it: the layout's own relaxation makes it wander.
function stack(nodes: readonly Placed[]): void {
  for (const own of groupBy(nodes, layerOf).values()) {
    let y: number = MARGIN.top;
    for (const node of own.toSorted(byKind)) {
      const tall = (node.y1 ?? 0) - (node.y0 ?? 0);
      [node.y0, node.y1] = [y, y + tall];
      y += tall + SINK_GAP;
    }
  }
}

// The library sets it and its types do not say so: the column, after `nodeAlign`.
function layerOf(node: Placed & { readonly layer?: number }): string {
  return String(node.layer);
}

// What comes from elsewhere stands right before the stage that it enters, not at the far left.
function column(node: SankeyNode<object, object>): number {
  const into = node.sourceLinks?.[0]?.target as Placed | undefined;
  return node.targetLinks?.length === 0 && into !== undefined
    ? Math.max(0, (into.depth ?? 1) - 1)
    : (node.depth ?? 0);
}

const RANK = { stage: 0, source: 1, end: 2, loss: 3, wrong: 4 } as const;

function byKind(a: Placed, b: Placed): number {
  return RANK[a.kind] - RANK[b.kind];
}

const path = sankeyLinkHorizontal<FlowNode, FlowLink>();

function Drawing({ nodes, links, width, height }: Layout) {
  const title = links.map(l => `${end(l.source).label} to ${end(l.target).label}: ${l.value}`).join('; ');
  return (
    <div class="scroll">
      <svg class="flow" viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img">
        <title>{oneLine(title)}</title>
        {links.map(link => (
          <path
            key={`${end(link.source).id}>${end(link.target).id}`}
            class={`link ${linkKind(link)}`}
            d={path(link) ?? ''}
            stroke-width={round(Math.max(1.5, link.width ?? 0))}
          >
            <title>{oneLine(`${link.label}: ${link.value}`)}</title>
          </path>
        ))}
        {nodes.map(node => (
          <NodeMark key={node.id} node={node} />
        ))}
      </svg>
    </div>
  );
}

function NodeMark({ node }: { readonly node: Placed }) {
  const { x0 = 0, x1 = 0, y0 = 0, y1 = 0, kind, value = 0 } = node;
  const entering = node.targetLinks?.length === 0 && y0 > MARGIN.top;
  const above = kind === 'stage' || y0 === MARGIN.top;
  const beside = { x: round(entering ? x0 - 5 : x1 + 5), y: round((y0 + y1) / 2) - 2 };
  const at = above && kind !== 'end' ? { x: round(x0), y: round(y0) - 18 } : beside;
  return (
    <g class={`node ${kind}${entering ? ' entering' : ''}`}>
      <rect
        x={round(x0)}
        y={round(y0)}
        width={round(x1 - x0)}
        height={round(Math.max(1.5, y1 - y0))}
        rx="1.5"
      />
      <text x={at.x} y={at.y}>
        {oneLine(node.label)}
      </text>
      <text class="count" x={at.x} y={at.y + 13}>
        {value}
      </text>
    </g>
  );
}

function linkKind(link: PlacedLink): string {
  const kinds = [end(link.source).kind, end(link.target).kind];
  return kinds.includes('wrong') ? 'wrong' : kinds.includes('loss') ? 'loss' : 'on';
}

function end(node: PlacedLink['source']): Placed {
  return node as Placed;
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}

function StageTable({ ledger }: { readonly ledger: Ledger }) {
  return (
    <details class="more">
      <summary>The account as a table</summary>
      <table class="plain">
        <thead>
          <tr>
            <th>stage</th>
            <th class="n">in</th>
            <th>out</th>
            <th class="n">unaccounted</th>
          </tr>
        </thead>
        <tbody>
          {ledger.stages.map(stage => (
            <tr key={stage.name} class={stage.residual === 0 ? '' : 'bad'}>
              <td>{oneLine(stage.name)}</td>
              <td class="n">{stage.in}</td>
              <td>{outText(stage.out)}</td>
              <td class="n">{stage.residual}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function outText(out: Readonly<Record<string, number>>): string {
  const some = Object.entries(out).filter(([, packets]) => packets !== 0);
  return some.length === 0 ? 'nothing' : some.map(([name, n]) => `${oneLine(name)} ${n}`).join(' + ');
}
