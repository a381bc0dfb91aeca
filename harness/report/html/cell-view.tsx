import type { CellResult, ExpectationResult } from '../../model/cell.ts';
import type { KernelColumn } from '../../model/events.ts';
import { changeText, type BehaviourChange } from '../behaviour.ts';
import { cellFiles } from '../cell-files.ts';
import { cellLabel, formatMs, lastLines, oneLine } from '../text.ts';
import { BatchHistograms, PerCpu } from './counter-views.tsx';
import { LedgerFlow } from './ledger-flow.tsx';
import { PhaseBar } from './phase-bar.tsx';
import { StatusWord } from './status-word.tsx';
import { substitute } from './substitute.ts';

/** Maximum lines of a console and of other long texts on a page. The cell's folder has the whole text. */
const MOST_LINES = 200;
const MOST_COLUMNS = 400;

/** The data of a cell's view. */
export interface CellViewProps {
  /** The cell's anchor on the page. */
  readonly anchor: string;
  readonly result: CellResult;
  readonly kernel: KernelColumn | null;
  readonly change: BehaviourChange | null;
}

/** The view of one cell, with all information about it. */
export function CellView({ anchor, result, kernel, change }: CellViewProps) {
  const { cell } = result;
  return (
    <>
      <header>
        <p class="where">
          <StatusWord status={result.verdict} /> <b>{oneLine(cell.kernel)}</b> <code>{cellLabel(cell)}</code>{' '}
          <Permalink anchor={anchor} />
        </p>
        <h2>{oneLine(cell.title)}</h2>
        {result.reason !== '' && <p class="reason">{oneLine(result.reason)}</p>}
        {change !== null && (
          <p class="change">
            <span aria-hidden="true">Δ</span> Differs from {oneLine(change.from)}:{' '}
            {oneLine(changeText(change, 8))}
          </p>
        )}
        {result.earlierTries.map((earlier, i) => (
          <p class="try" key={i}>
            An earlier attempt: {earlier.verdict}: {oneLine(earlier.reason)}
          </p>
        ))}
      </header>
      <h3>Expectations</h3>
      <Expectations result={result} />
      <h3>Where the packets went</h3>
      <LedgerFlow ledger={result.ledger} />
      <h3>Counters by CPU</h3>
      <PerCpu counters={result.counters} />
      <h3>Batches</h3>
      <BatchHistograms counters={result.counters} />
      <h3>Time: {formatMs(result.durationMs)}</h3>
      <PhaseBar phases={result.phases} />
      {result.detail !== null && (
        <LongText name="detail" title="Detail" lines={result.detail.trimEnd().split('\n')} />
      )}
      {result.consoleTail.length > 0 && (
        <LongText name="console" title="End of the console" lines={result.consoleTail} />
      )}
      <h3>Kernel</h3>
      <KernelFacts kernel={kernel} />
      <h3>Repeat</h3>
      <p class="repeat">
        <code>{oneLine(result.repeat)}</code>
      </p>
      <Artifacts result={result} />
    </>
  );
}

/** A link to the cell itself, to copy. */
export function Permalink({ anchor }: Pick<CellViewProps, 'anchor'>) {
  return (
    <a class="permalink" href={`#${anchor}`} title="address of this cell">
      #<span class="hidden">address of this cell</span>
    </a>
  );
}

function Expectations({ result }: { readonly result: CellResult }) {
  if (result.expectations.length === 0) return <p class="quiet">No expectation was evaluated.</p>;
  return (
    <ul class="expectations">
      {result.expectations.map((e, i) => (
        <li key={i} class={e.ok ? 'ok' : 'broken'}>
          <span class="mark">{e.error !== null ? '! error' : e.ok ? '✓ held' : '✗ broken'}</span>
          <span class="expr">
            <code>{oneLine(e.expr)}</code>
            {valuesOf(e, result) !== null && <code class="values">{valuesOf(e, result)}</code>}
          </span>
          <span class="line">{oneLine(`${result.cell.file}:${e.line}`)}</span>
        </li>
      ))}
    </ul>
  );
}

function valuesOf(e: ExpectationResult, result: CellResult): string | null {
  if (e.error !== null) return oneLine(e.error);
  const values = e.values ?? substitute(e.expr, result.counters);
  return values === null ? null : oneLine(values);
}

interface LongTextProps {
  /** Begins the anchors of its lines, which the page's script makes: a link for each line of each cell would double the page. */
  readonly name: 'console' | 'detail';
  readonly title: string;
  readonly lines: readonly string[];
}

function LongText({ name, title, lines }: LongTextProps) {
  const shown = lastLines(lines, MOST_LINES, MOST_COLUMNS);
  const left = lines.length - shown.length;
  return (
    <>
      <h3>{title}</h3>
      {left > 0 && <p class="quiet">{left} earlier lines are in the cell's folder.</p>}
      <pre tabIndex={0} data-log={name}>
        {shown.join('\n')}
      </pre>
    </>
  );
}

function KernelFacts({ kernel }: { readonly kernel: KernelColumn | null }) {
  if (kernel === null) return <p class="quiet">The kernel was never made ready.</p>;
  return (
    <>
      <p>
        {oneLine(kernel.version)}, <code>uname -r</code> {oneLine(kernel.release)}
      </p>
      <ul class="packages">
        {kernel.packages.map(p => (
          <li key={p.name}>
            <code>
              {oneLine(p.name)} {oneLine(p.version)}
            </code>
          </li>
        ))}
        {kernel.notes.map(note => (
          <li key={note}>{oneLine(note)}</li>
        ))}
      </ul>
    </>
  );
}

function Artifacts({ result }: { readonly result: CellResult }) {
  const files = cellFiles(result);
  if (files.length === 0) return null;
  return (
    <p class="files">
      {files.map(({ name, address }) => (
        <a key={name} href={address}>
          {oneLine(name)}
        </a>
      ))}
    </p>
  );
}
