import type { ComponentChildren } from 'preact';
import { render } from 'preact-render-to-string';
import { groupBy } from '../../util/group-by.ts';
import { type History, type HistoryCell, historyCode, type LastingChange } from '../history/history.ts';
import { buildsText, flakeText, lastLine, runCounts, runName, runTime } from '../history/text.ts';
import { STATUS_LOOKS } from '../status.ts';
import { oneLine, variantText } from '../text.ts';
import { anchorOf } from './anchors.ts';
import { styleSheet } from './style.ts';

/** The data of a history's page. */
export interface HistoryPageProps {
  readonly history: History;
  /** Address of the folder of each run, relative to the page and with a `/` at its end; null where the page cannot link to it. */
  readonly links: readonly (string | null)[];
}

/** Returns the page of a history as HTML. It needs no other files and no scripts. */
export function renderHistory(history: History, links: HistoryPageProps['links']): string {
  return `<!DOCTYPE html>\n${render(<HistoryPage history={history} links={links} />)}\n`;
}

function HistoryPage({ history, links }: HistoryPageProps) {
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`bpfrig history: ${lastLine(history)}`}</title>
        <style dangerouslySetInnerHTML={{ __html: styleSheet('page.css') + styleSheet('history.css') }} />
      </head>
      <body>
        <header class="top">
          <h1>bpfrig history</h1>
          <p class={`outcome ${historyCode(history) === 0 ? 'green' : 'red'}`}>{lastLine(history)}</p>
        </header>
        <main>
          <Changes title="Regressions" history={history} links={links} changes={history.regressions} />
          <Flakes history={history} links={links} />
          <Changes title="Fixed" history={history} links={links} changes={history.fixed} />
          <Gone history={history} />
          <Rows history={history} links={links} />
          <Runs history={history} links={links} />
        </main>
      </body>
    </html>
  );
}

function Changes({
  title,
  history,
  links,
  changes,
}: HistoryPageProps & { readonly title: string; readonly changes: readonly LastingChange[] }) {
  if (changes.length === 0) return null;
  return (
    <section id={title.toLowerCase()}>
      <h2>{title}</h2>
      <ul class="list">
        {changes.map(({ id, flip, isFlake, reason }) => (
          <li key={id}>
            <LinkTo href={cellLink(links[flip.to], id)}>{oneLine(id)}</LinkTo>{' '}
            {flip.answer === 'bad' ? 'bad since' : 'good since'} <b>{runName(history, flip.to)}</b>
            <span class="why">
              {[buildsText(flip), isFlake ? 'it had changed both ways before' : '', oneLine(reason)]
                .filter(text => text !== '')
                .map(text => `; ${text}`)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Flakes({ history, links }: HistoryPageProps) {
  const flakes = history.cells.filter(({ isFlake }) => isFlake);
  if (flakes.length === 0) return null;
  return (
    <section id="flakes">
      <h2>Flakes</h2>
      <ul class="list">
        {flakes.map(cell => (
          <li key={cell.id}>
            <LinkTo href={cellLink(links[cell.flips.at(-1)?.to ?? 0], cell.id)}>{oneLine(cell.id)}</LinkTo>{' '}
            <span class="why">{flakeText(cell)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Gone({ history }: Pick<HistoryPageProps, 'history'>) {
  if (history.gone.length === 0) return null;
  return (
    <section id="gone">
      <h2>Not in the newest run</h2>
      <ul class="list">
        {history.gone.map(({ id, last }) => (
          <li key={id}>
            {oneLine(id)} <span class="why">last in {runName(history, last)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Rows({ history, links }: HistoryPageProps) {
  const rows = groupBy(history.cells, ({ scenario, variant }) =>
    JSON.stringify([scenario, Object.entries(variant)]),
  );
  return (
    <section id="rows">
      <h2>Cells along the runs</h2>
      <p class="quiet">
        Kernels from old to new; in each square one sign per run, oldest run first. A bar before a sign: the
        build of the kernel is not that of the run before.
      </p>
      <p>
        <label>
          <input type="checkbox" id="only-changed" checked /> only rows that changed
        </label>
      </p>
      <div class="matrix" tabIndex={0} role="region" aria-label="The rows, scrollable">
        <table>
          <thead>
            <tr>
              <th scope="col">scenario</th>
              {history.kernels.map(kernel => (
                <th scope="col" key={kernel}>
                  {oneLine(kernel)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...rows].map(([key, cells]) => (
              <Row key={key} {...{ history, links, cells }} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ history, links, cells }: HistoryPageProps & { readonly cells: readonly HistoryCell[] }) {
  const [first] = cells;
  const changed = cells.some(({ flips }) => flips.length > 0);
  const variant = variantText(first?.variant ?? {});
  return (
    <tr class={changed ? 'row' : 'row steady'}>
      <th scope="row">
        {oneLine(first?.scenario ?? '')} {variant !== '' && <code>[{variant}]</code>}
      </th>
      {history.kernels.map(kernel => {
        const cell = cells.find(one => one.kernel === kernel);
        return (
          <td key={kernel}>{cell !== undefined && <Course history={history} links={links} cell={cell} />}</td>
        );
      })}
    </tr>
  );
}

function Course({ history, links, cell }: HistoryPageProps & { readonly cell: HistoryCell }) {
  let build: string | null = null;
  return (
    <div class="course">
      {cell.statuses.map((status, i) => {
        const now = history.runs[i]?.builds[cell.kernel] ?? null;
        const isNew = build !== null && now !== null && now !== build;
        build = now ?? build;
        const reason = oneLine(cell.reasons[i] ?? '');
        const about = [runName(history, i), status ?? 'not planned', oneLine(now ?? ''), reason];
        const title = about.filter(text => text !== '').join(' · ');
        if (status === null) {
          return (
            <span key={i} title={title}>
              ·
            </span>
          );
        }
        return (
          <LinkTo
            key={i}
            class={`s-${status}${isNew ? ' kernel-changed' : ''}`}
            href={cellLink(links[i], cell.id)}
            title={title}
          >
            <span aria-hidden="true">{STATUS_LOOKS[status].glyph}</span>
            <span class="hidden">{status}</span>
          </LinkTo>
        );
      })}
    </div>
  );
}

function Runs({ history, links }: HistoryPageProps) {
  return (
    <section id="runs">
      <h2>Runs</h2>
      <div class="scroll">
        <table class="plain runs">
          <thead>
            <tr>
              <th class="n">run</th>
              <th>id</th>
              <th>began</th>
              <th>cells</th>
              <th class="n">exit</th>
              {history.kernels.map(kernel => (
                <th key={kernel}>{oneLine(kernel)}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {history.runs.map((run, i) => (
              <tr key={i} class={i === history.runs.length - 1 ? 'newest' : ''}>
                <td class="n">{i + 1}</td>
                <td>
                  <LinkTo href={links[i] == null ? null : `${links[i]}report.html`}>
                    {oneLine(run.runId ?? run.folder)}
                  </LinkTo>
                </td>
                <td>{runTime(run)}</td>
                <td>{runCounts(run)}</td>
                <td class="n">{run.exitCode}</td>
                {history.kernels.map(kernel => (
                  <td key={kernel}>{oneLine(run.builds[kernel] ?? '')}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface LinkToProps {
  /** Null for text that is no link. */
  readonly href: string | null;
  readonly class?: string;
  readonly title?: string;
  readonly children: ComponentChildren;
}

function LinkTo({ href, ...props }: LinkToProps) {
  return href === null ? <span {...props} /> : <a href={href} {...props} />;
}

function cellLink(folder: string | null | undefined, id: string): string | null {
  return folder == null ? null : `${folder}report.html#${anchorOf(id)}`;
}
