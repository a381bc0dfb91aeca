import type { ComponentChildren } from 'preact';
import type { Cell } from '../../model/cell.ts';
import { changeText, rowKey, type BehaviourChange } from '../behaviour.ts';
import { statusOf, type RunSummary } from '../fold.ts';
import { groupBy } from '../../util/group-by.ts';
import { formatMs, oneLine, variantText } from '../text.ts';
import { StatusWord } from './status-word.tsx';

/** The data of the matrix. */
export interface MatrixTableProps {
  readonly summary: RunSummary;
  readonly changes: ReadonlyMap<string, BehaviourChange>;
  /** Returns the URL fragment of a cell's view, such as `c12`. */
  readonly anchors: ReadonlyMap<string, string>;
}

/** The matrix: rows are scenarios, grouped by folder; columns are kernels, old to new. */
export function MatrixTable({ summary, changes, anchors }: MatrixTableProps) {
  const folders = groupBy(summary.cells, cell => folderOf(cell.scenario));
  return (
    <div class="matrix" tabIndex={0} role="region" aria-label="The matrix, scrollable">
      <table>
        <thead>
          <tr>
            <th scope="col">scenario</th>
            {summary.kernels.map((kernel, i) => (
              <th scope="col" key={kernel.id} class={`k${i}`}>
                {oneLine(kernel.id)}
                <small>{kernel.column === null ? 'unavailable' : oneLine(kernel.column.version)}</small>
              </th>
            ))}
          </tr>
        </thead>
        {[...folders].map(([folder, cells]) => (
          <Folder key={folder} {...{ folder, cells, summary, changes, anchors }} />
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
  const columns = props.summary.kernels.length + 1;
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
          <th scope="rowgroup" colSpan={props.summary.kernels.length + 1}>
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

function Row({ cells, text, label, summary, changes, anchors }: RowProps) {
  const variant = variantText(cells[0]?.variant ?? {});
  const byKernel = new Map(cells.map(cell => [cell.kernel, cell]));
  return (
    <tr class="row" data-text={`${text} ${variant}`.toLowerCase()}>
      <th scope="row" class={label === null ? 'variant' : ''}>
        {label ?? <code>{variant}</code>}
      </th>
      {summary.kernels.map((kernel, i) => {
        const cell = byKernel.get(kernel.id);
        if (cell === undefined) {
          return (
            <td key={kernel.id} class={`k${i} none`}>
              ·
            </td>
          );
        }
        return <Square key={kernel.id} column={i} {...{ cell, summary, changes, anchors }} />;
      })}
    </tr>
  );
}

function Square({
  cell,
  column,
  summary,
  changes,
  anchors,
}: MatrixTableProps & { readonly cell: Cell; readonly column: number }) {
  const status = statusOf(summary, cell);
  const change = changes.get(cell.id);
  const result = summary.results.get(cell.id);
  const hint =
    result === undefined
      ? ''
      : [oneLine(result.reason), formatMs(result.durationMs)].filter(Boolean).join(' · ');
  return (
    <td
      class={`k${column} s-${status}`}
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

function folderOf(scenario: string): string {
  const slash = scenario.lastIndexOf('/');
  return slash < 0 ? 'scenarios' : scenario.slice(0, slash);
}
