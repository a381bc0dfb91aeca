import type { Cell } from '../../model/cell.ts';
import type { RunSummary } from '../fold.ts';
import { groupBy } from '../../util/group-by.ts';
import { laterTries, triesText } from '../later-tries.ts';
import { isRedStatus, saysNothing, STATUSES, type CellStatus } from '../status.ts';
import { cellLabel, cutTo, oneLine } from '../text.ts';
import { StatusWord } from './status-word.tsx';

/** List of the red cells that show something about a kernel, worst first. */
export function RedCells({ summary, anchors }: ListProps) {
  const red = STATUSES.filter(s => isRedStatus(s) && !saysNothing(s));
  const results = red.flatMap(s => [...summary.results.values()].filter(r => r.verdict === s));
  if (results.length === 0) return null;
  return (
    <section id="red">
      <h2>Red cells</h2>
      <ul class="list">
        {results.slice(0, MOST_LISTED).map(r => (
          <li key={r.cell.id}>
            <StatusWord status={r.verdict} /> <b>{oneLine(r.cell.kernel)}</b>{' '}
            <a href={`#${anchors.get(r.cell.id)}`}>{cellLabel(r.cell)}</a>{' '}
            <span class="why">{why(r.reason)}</span>
          </li>
        ))}
      </ul>
      {results.length > MOST_LISTED && (
        <p class="quiet">{results.length - MOST_LISTED} more are in the matrix.</p>
      )}
    </section>
  );
}

/** Shortens a text for a list. The whole text is in the cell's view. */
function why(text: string): string {
  return cutTo(oneLine(text), 260);
}

interface ListProps {
  readonly summary: RunSummary;
  readonly anchors: ReadonlyMap<string, string>;
}

const MOST_LISTED = 40;

/** List of failures of the host or the harness, separate from the red cells because they show nothing about a kernel. */
export function HostTrouble({ summary, anchors }: ListProps) {
  const cells = [
    ...[...summary.results.values()]
      .filter(r => saysNothing(r.verdict))
      .map(r => ({ status: r.verdict as CellStatus, cell: r.cell, reason: r.reason })),
    ...summary.unfinished.map(u => ({ status: 'unfinished' as const, ...u })),
  ];
  const kernels = summary.kernels.filter(kernel => kernel.failure !== null);
  const warnings = summary.notes.filter(note => note.level === 'warning');
  const retried = laterTries(summary);
  const groups = groupBy<Trouble, string>(cells, ({ status, reason }) => `${status} ${reason}`);
  if (cells.length + kernels.length + warnings.length + retried.length === 0) return null;
  return (
    <section id="trouble">
      <h2>Failures of the host or the harness</h2>
      <p class="quiet">These failures show nothing about a kernel.</p>
      <ul class="list">
        {kernels.map(kernel => (
          <li key={kernel.id}>
            kernel <b>{oneLine(kernel.id)}</b> <span class="why">{why(kernel.failure ?? '')}</span>
          </li>
        ))}
        {[...groups.values()].map(group => (
          <TroubleGroup key={group[0]?.cell.id ?? ''} group={group} anchors={anchors} />
        ))}
        {retried.map(r => (
          <li key={r.cell.id}>
            <StatusWord status={r.verdict} /> <b>{oneLine(r.cell.kernel)}</b>{' '}
            <a href={`#${anchors.get(r.cell.id)}`}>{cellLabel(r.cell)}</a>{' '}
            <span class="why">{why(triesText(r))}</span>
          </li>
        ))}
        {warnings.map((note, i) => (
          <li key={i}>
            warning <span class="why">{why(note.text)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface Trouble {
  readonly status: CellStatus;
  readonly cell: Cell;
  readonly reason: string;
}

/** Cells with the same failure, as one line. */
function TroubleGroup({
  group,
  anchors,
}: { readonly group: readonly Trouble[] } & Pick<ListProps, 'anchors'>) {
  const [first] = group;
  if (first === undefined) return null;
  const shown = group.slice(0, MOST_ALIKE);
  return (
    <li>
      <StatusWord status={first.status} /> {group.length > 1 && <b>×{group.length}</b>}{' '}
      <span class="why">{why(first.reason)}</span>
      <ul class="list inner">
        {shown.map(({ cell }) => (
          <li key={cell.id}>
            <b>{oneLine(cell.kernel)}</b> <a href={`#${anchors.get(cell.id)}`}>{cellLabel(cell)}</a>
          </li>
        ))}
        {group.length > shown.length && (
          <li class="quiet">and {group.length - shown.length} more in the matrix</li>
        )}
      </ul>
    </li>
  );
}

const MOST_ALIKE = 5;
