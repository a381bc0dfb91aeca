import type { ComponentChildren } from 'preact';
import type { Cell } from '../../model/cell.ts';
import { changeText, rowKey, type BehaviourChange } from '../behaviour.ts';
import { archOf } from '../kernel-order.ts';
import { rowWords, type RowSince } from '../since.ts';
import { statusOf, type RunSummary } from '../fold.ts';
import { groupBy } from '../../util/group-by.ts';
import { formatMs, oneLine, variantText } from '../text.ts';
import { StatusWord } from './status-word.tsx';

/** The data of the matrix. */
export interface MatrixTableProps {
  readonly summary: RunSummary;
  readonly changes: ReadonlyMap<string, BehaviourChange>;
  /** Anchor of each cell's view, by the cell's id. */
  readonly anchors: ReadonlyMap<string, string>;
  /** On which kernels each row holds, by `rowKey`. */
  readonly since: ReadonlyMap<string, readonly RowSince[]>;
}

/** The matrix: rows are scenarios, grouped by folder; columns are kernels, grouped by architecture and old to new. */
export function MatrixTable(props: MatrixTableProps) {
  const { summary } = props;
  const folders = groupBy(summary.cells, cell => folderOf(cell.scenario));
  const begins = firstOfArchs(summary);
  return (
    <div class="matrix" tabIndex={0} role="region" aria-label="The matrix, scrollable">
      <table>
        <thead>
          <tr>
            <th scope="col">scenario</th>
            {summary.kernels.map((kernel, i) => (
              <th scope="col" key={kernel.id} class={begins.has(i) ? `k${i} arch` : `k${i}`}>
                {oneLine(kernel.id)}
                <small>{kernel.column === null ? 'unavailable' : oneLine(kernel.column.version)}</small>
              </th>
            ))}
            {comparesKernels(summary) && (
              <th scope="col">
                holds on
                <small>as measured</small>
              </th>
            )}
          </tr>
        </thead>
        {[...folders].map(([folder, cells]) => (
          <Folder key={folder} {...props} folder={folder} cells={cells} />
        ))}
      </table>
    </div>
  );
}

interface FolderProps extends MatrixTableProps {
  readonly folder: string;
  readonly cells: readonly Cell[];
}

function Folder({ folder, cells, ...props }: FolderProps) {
  const columns = columnsOf(props.summary);
  return (
    <>
      <tbody class="folder">
        <tr>
          <th scope="rowgroup" colSpan={columns}>
            <span>{oneLine(folder)}</span>
          </th>
        </tr>
      </tbody>
      {[...groupBy(cells, cell => cell.scenario)].map(([scenario, own]) => (
        <Scenario key={scenario} {...props} scenario={scenario} cells={own} />
      ))}
    </>
  );
}

interface ScenarioProps extends MatrixTableProps {
  readonly scenario: string;
  readonly cells: readonly Cell[];
}

/** One row for a scenario without axes; otherwise a row with the title, followed by one row per variant. */
function Scenario({ scenario, cells, ...props }: ScenarioProps) {
  const rows = [...groupBy(cells, rowKey).values()];
  const [first] = cells;
  const name = oneLine(scenario.slice(scenario.lastIndexOf('/') + 1));
  const title = oneLine(first?.title ?? '');
  const text = `${scenario} ${title}`;
  const single = rows.length === 1 && variantText(first?.variant ?? {}) === '';
  const label = (
    <>
      <b>{name}</b> <small>{title}</small>
    </>
  );
  return (
    <tbody class="scenario">
      {!single && (
        <tr class="title">
          <th scope="rowgroup" colSpan={columnsOf(props.summary)}>
            <span>{label}</span>
          </th>
        </tr>
      )}
      {rows.map(row => (
        <Row key={rowKey(row[0] as Cell)} {...props} cells={row} text={text} label={single ? label : null} />
      ))}
    </tbody>
  );
}

interface RowProps extends MatrixTableProps {
  readonly cells: readonly Cell[];
  readonly text: string;
  /** The title, or null if the row is labelled by its variant. */
  readonly label: ComponentChildren;
}

function Row({ cells, text, label, since, ...props }: RowProps) {
  const { summary } = props;
  const variant = variantText(cells[0]?.variant ?? {});
  const holds = rowWords(since.get(rowKey(cells[0] as Cell)) ?? []);
  const begins = firstOfArchs(summary);
  const byKernel = new Map(cells.map(cell => [cell.kernel, cell]));
  return (
    <tr class="row" data-text={`${text} ${variant} ${/ /.test(holds.text) ? holds.text : ''}`.toLowerCase()}>
      <th scope="row" class={label === null ? 'variant' : ''}>
        {label ?? <code>{variant}</code>}
      </th>
      {summary.kernels.map((kernel, i) => {
        const cell = byKernel.get(kernel.id);
        if (cell === undefined) {
          return (
            <td key={kernel.id} class={begins.has(i) ? `k${i} none arch` : `k${i} none`}>
              ·
            </td>
          );
        }
        return <Square key={kernel.id} column={i} begins={begins.has(i)} cell={cell} {...props} />;
      })}
      {comparesKernels(summary) && (
        <td class={`since since-${holds.kind}`} title={holds.sentence}>
          {holds.text}
        </td>
      )}
    </tr>
  );
}

interface SquareProps {
  readonly cell: Cell;
  readonly column: number;
  /** Whether it is the first column of another architecture. */
  readonly begins: boolean;
}

function Square({
  cell,
  column,
  begins,
  summary,
  changes,
  anchors,
}: Omit<MatrixTableProps, 'since'> & SquareProps) {
  const status = statusOf(summary, cell);
  const change = changes.get(cell.id);
  const result = summary.results.get(cell.id);
  const hint =
    result === undefined
      ? ''
      : [oneLine(result.reason), formatMs(result.durationMs)].filter(Boolean).join(' · ');
  return (
    <td
      class={begins ? `k${column} s-${status} arch` : `k${column} s-${status}`}
      data-status={status}
      {...(change !== undefined && { 'data-change': '' })}
    >
      <a href={`#${anchors.get(cell.id)}`} title={hint}>
        <StatusWord status={status} />
      </a>
      {change !== undefined && (
        <span class="delta" title={`differs from ${oneLine(change.from)}: ${oneLine(changeText(change))}`}>
          Δ<span class="hidden">changed since {oneLine(change.from)}</span>
        </span>
      )}
    </td>
  );
}

/** Columns that begin another architecture than the one before them: a line divides them. */
function firstOfArchs({ kernels }: RunSummary): ReadonlySet<number> {
  return new Set(
    kernels.flatMap((kernel, i) => {
      const before = kernels[i - 1];
      return before === undefined || archOf(before) === archOf(kernel) ? [] : [i];
    }),
  );
}

/** With one kernel there is nothing to say about since when. */
function comparesKernels(summary: RunSummary): boolean {
  return summary.kernels.length > 1;
}

/** The name, the kernels, and on which of them the row holds. */
function columnsOf(summary: RunSummary): number {
  return summary.kernels.length + (comparesKernels(summary) ? 2 : 1);
}

function folderOf(scenario: string): string {
  const slash = scenario.lastIndexOf('/');
  return slash < 0 ? 'scenarios' : scenario.slice(0, slash);
}
