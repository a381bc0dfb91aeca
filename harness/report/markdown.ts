import { isRed } from '../model/verdict.ts';
import type { CellResult } from '../model/cell.ts';
import { findingLines } from './finding-lines.ts';
import { sumPhases, type RunSummary } from './fold.ts';
import { CVE_LOOKS, fixText } from './cve/cve-looks.ts';
import { cveRows, type CveSquare } from './cve/cve-rows.ts';
import { laterTries, laterTriesText, triesText } from './later-tries.ts';
import { buildMatrix, type Square } from './matrix.ts';
import { documentReporter, type Reporter } from './reporter.ts';
import { isRedStatus, STATUSES, STATUS_LOOKS } from './status.ts';
import { cellLabel, count, formatMs, inert, oneLine } from './text.ts';
import { xmlText } from './xml.ts';

/** Maximum size in bytes. GitHub refuses a job summary above 1 MiB; other steps can use the rest. */
const MAX_BYTES = 900 * 1024;

/** Returns the reporter for GitHub-flavoured markdown, for `$GITHUB_STEP_SUMMARY` or a merge request: counts, matrix, one `<details>` per red cell. */
export function createMarkdownReporter(): Reporter {
  return documentReporter(summary => inert(renderMarkdown(summary, MAX_BYTES)));
}

/** Returns the document with as many `<details>` as fit into `maxBytes`, and a line with the number of those that were left out. */
export function renderMarkdown(summary: RunSummary, maxBytes: number): string {
  const head = [
    `## bpfrig: ${headline(summary)}`,
    hostLine(summary),
    cveTable(summary),
    matrixTable(summary),
    unfinishedList(summary),
    laterList(summary),
    notesList(summary),
    timeLine(summary),
  ];
  const red = [...summary.results.values()].filter(r => isRed(r.verdict));
  const worstFirst = red.toSorted((a, b) => STATUSES.indexOf(a.verdict) - STATUSES.indexOf(b.verdict));
  return fit(
    head.filter(part => part !== ''),
    worstFirst,
    maxBytes,
  );
}

function fit(head: readonly string[], red: readonly CellResult[], maxBytes: number): string {
  const room = maxBytes - 200;
  let text = cutBytes(`${head.join('\n\n')}\n`, room);
  let bytes = Buffer.byteLength(text);
  for (const [i, result] of red.entries()) {
    const block = `\n${details(result)}\n`;
    bytes += Buffer.byteLength(block);
    if (bytes > room)
      return `${text}\n${count(red.length - i, 'more red cell')} left out: this summary is full.\n`;
    text += block;
  }
  return text;
}

function cutBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const whole = Buffer.from(text).subarray(0, maxBytes).toString('utf8');
  return `${whole.slice(0, whole.lastIndexOf('\n'))}\n\nCut here: this summary is full.\n`;
}

function headline(summary: RunSummary): string {
  const counts = STATUSES.map(status => {
    const n = status === 'unfinished' ? summary.unfinished.length : summary.counts[status];
    return n === 0 ? '' : `${n} ${status}`;
  }).filter(text => text !== '');
  const cut = summary.complete ? (summary.interrupted ? ', interrupted' : '') : ', cut off';
  return `${counts.length === 0 ? 'nothing ran' : counts.join(', ')}${cut}`;
}

function hostLine(summary: RunSummary): string {
  const cells = `${count(summary.cells.length, 'cell')} on ${count(summary.kernels.length, 'kernel')}`;
  const accel =
    summary.host === null ? '' : `, ${summary.host.accel} (${escapeText(summary.host.accelReason)})`;
  return `${cells}${accel}, ${formatMs(summary.durationMs)}, exit ${summary.exitCode}`;
}

function matrixTable(summary: RunSummary): string {
  const matrix = buildMatrix(summary);
  if (matrix.groups.length === 0) return '';
  const rows = matrix.groups.flatMap(group =>
    group.rows.map(row => [
      codeSpan(`${group.scenario} ${row.label}`.trimEnd()),
      ...row.squares.map(squareText),
    ]),
  );
  const head = ['scenario', ...matrix.kernels.map(codeSpan)];
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');
}

function cveTable(summary: RunSummary): string {
  const rows = cveRows(summary);
  if (rows.length === 0) return '';
  const head = ['CVE', ...(rows[0]?.kernels ?? []).map(({ kernel }) => codeSpan(kernel)), 'fixed upstream'];
  const body = rows.map(({ cve, kernels }) => [
    `${cve.id}: ${escapeText(cve.subject)}`,
    ...kernels.map(cveSquareText),
    escapeText(fixText(cve)),
  ]);
  return [head, head.map(() => '---'), ...body].map(cells => `| ${cells.join(' | ')} |`).join('\n');
}

function cveSquareText({ status }: CveSquare): string {
  if (status === null) return '·';
  const { glyph, words } = CVE_LOOKS[status];
  return status === 'vulnerable' ? `**${glyph} ${words}**` : `${glyph} ${words}`;
}

function squareText(square: Square): string {
  if (square === null) return '·';
  const text = `${STATUS_LOOKS[square].glyph} ${square}`;
  return isRedStatus(square) ? `**${text}**` : text;
}

function unfinishedList(summary: RunSummary): string {
  return summary.unfinished
    .map(u => `- not finished: ${codeSpan(u.cell.id)}: ${escapeText(u.reason)}`)
    .join('\n');
}

/** Maximum number of cells that are listed with what spoiled their first try. */
const MOST_LATER = 50;

function laterList(summary: RunSummary): string {
  const later = laterTries(summary);
  const lines = later
    .slice(0, MOST_LATER)
    .map(r => `- ${r.verdict}: ${codeSpan(r.cell.id)}: ${escapeText(triesText(r))}`);
  if (later.length > MOST_LATER) lines.push(`- and ${later.length - MOST_LATER} more`);
  return later.length === 0 ? '' : `${laterTriesText(summary)}:\n\n${lines.join('\n')}`;
}

function notesList(summary: RunSummary): string {
  const kernels = summary.kernels.flatMap(kernel =>
    [...(kernel.failure === null ? [] : [kernel.failure]), ...(kernel.column?.notes ?? [])].map(
      note => `- kernel ${codeSpan(kernel.id)}: ${escapeText(note)}`,
    ),
  );
  const warnings = summary.notes
    .filter(n => n.level === 'warning')
    .map(n => `- warning: ${escapeText(n.text)}`);
  return [...kernels, ...warnings].join('\n');
}

function timeLine(summary: RunSummary): string {
  const phases = Object.entries(sumPhases(summary.kernels)).toSorted(([, a], [, b]) => b - a);
  return phases.length === 0
    ? ''
    : `Time: ${phases.map(([name, ms]) => `${escapeText(name)} ${formatMs(ms)}`).join(', ')}`;
}

function details(result: CellResult): string {
  const head = `${result.verdict}: ${result.cell.kernel} ${cellLabel(result.cell)}`;
  const text = findingLines(result).join('\n');
  // The summary is in a block of HTML, where escapes of markdown would be visible. Text in a fence contains no markup, if the fence is
  // longer than every sequence of backticks in the text.
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `<details><summary><code>${xmlText(head)}</code></summary>\n\n${fence}text\n${text}\n${fence}\n\n</details>`;
}

/** Returns text as inline code. It may contain backticks and bars. */
export function codeSpan(text: string): string {
  const clean = oneLine(text).replace(/\|/g, '\\|');
  const ticks = '`'.repeat(longestRun(clean) + 1);
  const space = clean.startsWith('`') || clean.endsWith('`') ? ' ' : '';
  return `${ticks}${space}${clean}${space}${ticks}`;
}

/** Escapes text so that it contains no markup, mention or reference to an issue. */
export function escapeText(text: string): string {
  return (
    oneLine(text)
      .replace(/[&<>@#]/g, c => `&#${c.charCodeAt(0)};`)
      .replace(/[\\`*_{}[\]()+!|~-]/g, c => `\\${c}`)
      // GitHub makes links of these by itself.
      .replace(/:(?=\/\/)/g, '&#58;')
      .replace(/\b(www)\./gi, '$1&#46;')
  );
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map(run => run.length));
}
