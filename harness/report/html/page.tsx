import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { render } from 'preact-render-to-string';
import { behaviourChanges } from '../behaviour.ts';
import type { RunSummary } from '../fold.ts';
import { documentReporter, type Reporter } from '../reporter.ts';
import { archOf } from '../kernel-order.ts';
import { sinceByRow } from '../since.ts';
import { STATUSES } from '../status.ts';
import { cellLabel, oneLine } from '../text.ts';
import { cellAnchors } from './anchors.ts';
import { CellView, Permalink } from './cell-view.tsx';
import { KernelCode } from './code-section.tsx';
import { Cves } from './cve-section.tsx';
import { MatrixTable } from './matrix-table.tsx';
import { countOf, headline, Kernels, Overview } from './overview.tsx';
import { HostTrouble, RedCells } from './red-lists.tsx';
import { StatusWord } from './status-word.tsx';
import { styleSheet } from './style.ts';

/**
 * Returns the reporter for `report.html`: the whole run on one page that needs no other files and is readable without scripts. With
 * scripts, cells open over the matrix, and the matrix can be filtered.
 */
export function createHtmlReporter(): Reporter {
  return documentReporter(renderHtml);
}

/** Returns the page of a run as HTML. */
export function renderHtml(summary: RunSummary): string {
  return `<!DOCTYPE html>\n${render(<Page summary={summary} />)}\n`;
}

function Page({ summary }: { readonly summary: RunSummary }) {
  const anchors = cellAnchors(summary.cells);
  const changes = behaviourChanges(summary);
  const since = sinceByRow(summary);
  const archs = [...new Set(summary.kernels.map(archOf))];
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`bpfrig: ${headline(summary)}`}</title>
        <style dangerouslySetInnerHTML={{ __html: styleSheet('page.css') }} />
      </head>
      <body>
        <header class="top">
          <button type="button" id="theme" class="needs-script">
            dark or light
          </button>
          <Overview summary={summary} />
        </header>
        <main>
          <RedCells summary={summary} anchors={anchors} />
          <HostTrouble summary={summary} anchors={anchors} />
          <Cves summary={summary} anchors={anchors} />
          <section id="matrix">
            <h2>Matrix</h2>
            <p class="quiet">
              {archs.length > 1
                ? `Kernels of ${archs.join(', ')}, each from old to new. `
                : 'Kernels from old to new. '}
              <span class="delta">Δ</span> marks a cell that differs from the same cell on the previous kernel
              {archs.length > 1 && `, or on the same build of ${archs[0]}`}: in its verdict, or in counters
              that do not depend on timing. The address of this page has the filters and the open cell: a link
              shows the same view.
            </p>
            <Filters summary={summary} />
            <MatrixTable {...{ summary, changes, anchors, since }} />
          </section>
          <Kernels summary={summary} />
          <KernelCode summary={summary} />
          <section id="cells">
            {summary.cells.map(cell => (
              <CellSection key={cell.id} id={anchors.get(cell.id) ?? ''} {...{ cell, summary, changes }} />
            ))}
          </section>
        </main>
        <dialog id="view" aria-label="One cell">
          <nav>
            <button type="button" data-go="-1">
              ← previous
            </button>
            <button type="button" data-go="1">
              next →
            </button>
            <a id="permalink" href="#matrix">
              link to this
            </a>
            <button type="button" data-go="close">
              close
            </button>
          </nav>
          <div class="cell-view" />
        </dialog>
        <script type="module" dangerouslySetInnerHTML={{ __html: script() }} />
      </body>
    </html>
  );
}

interface CellSectionProps {
  readonly id: string;
  readonly cell: RunSummary['cells'][number];
  readonly summary: RunSummary;
  readonly changes: ReturnType<typeof behaviourChanges>;
}

// For a browser with scripts, a <noscript> is only text, which is cheap until the cell is opened. Without scripts its content is
// part of the page.
function CellSection({ id, cell, summary, changes }: CellSectionProps) {
  const result = summary.results.get(cell.id);
  const kernel = summary.kernels.find(k => k.id === cell.kernel)?.column ?? null;
  return (
    <noscript data-id={id}>
      <section class="cell-view" id={id}>
        {result === undefined ? (
          <header>
            <p class="where">
              <StatusWord status="unfinished" /> <b>{oneLine(cell.kernel)}</b> <code>{cellLabel(cell)}</code>{' '}
              <Permalink anchor={id} />
            </p>
            <h2>{oneLine(cell.title)}</h2>
            <p class="reason">{oneLine(summary.unfinished.find(u => u.cell.id === cell.id)?.reason ?? '')}</p>
          </header>
        ) : (
          <CellView anchor={id} result={result} kernel={kernel} change={changes.get(cell.id) ?? null} />
        )}
        <p class="back">
          <a href="#matrix">back to the matrix</a>
        </p>
      </section>
    </noscript>
  );
}

function Filters({ summary }: { readonly summary: RunSummary }) {
  return (
    <form class="filters needs-script" role="search">
      <label class="text">
        find <input type="search" name="text" placeholder="scenario, title or variant" autocomplete="off" />
        <kbd>/</kbd>
      </label>
      <fieldset>
        <legend>verdict</legend>
        {STATUSES.filter(status => countOf(summary, status) > 0).map(status => (
          <label key={status}>
            <input type="checkbox" name="status" value={status} checked /> <StatusWord status={status} />
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>kernel</legend>
        {summary.kernels.map((kernel, i) => (
          <label key={kernel.id}>
            <input type="checkbox" name="kernel" value={oneLine(kernel.id)} data-column={`k${i}`} checked />{' '}
            {oneLine(kernel.id)}
          </label>
        ))}
      </fieldset>
      <label>
        <input type="checkbox" name="changed" /> only rows with <span class="delta">Δ</span>
      </label>
      <output class="quiet" aria-live="polite" />
    </form>
  );
}

// The script is compiled and is next to this file in dist/.
function script(): string {
  return readFileSync(join(import.meta.dirname, 'page-script.js'), 'utf8').replace(
    /^\/\/# sourceMappingURL=.*$/m,
    '',
  );
}
