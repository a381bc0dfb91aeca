import { isRed } from '../model/verdict.ts';
import type { CellResult } from '../model/cell.ts';
import { brokenExpectations, expectationText, lossTexts } from './findings.ts';
import type { RunSummary } from './fold.ts';
import { groupBy } from '../util/group-by.ts';
import { laterTries, laterTriesText, triesText } from './later-tries.ts';
import { documentReporter, type Reporter } from './reporter.ts';
import { STATUSES } from './status.ts';
import { cellLabel, count, plain } from './text.ts';

/** One message to show at a line of a file. */
interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly file?: string;
  readonly line?: number;
  readonly title: string;
  readonly text: string;
}

/** How many cells one annotation names: GitHub cuts long messages. */
const SHOWN = 20;

/**
 * Returns a reporter that writes GitHub's workflow commands. GitHub keeps only ten errors per step, so cells that fail at the same
 * line of a scenario share an annotation, and the worst come first.
 */
export function createGithubReporter(): Reporter {
  return documentReporter(summary => annotations(summary).map(command).join(''));
}

function annotations(summary: RunSummary): Annotation[] {
  const red = [...summary.results.values()].filter(r => isRed(r.verdict));
  const worstFirst = red.toSorted((a, b) => STATUSES.indexOf(a.verdict) - STATUSES.indexOf(b.verdict));
  const shared = groupBy(worstFirst, r => [r.verdict, r.cell.file, lineOf(r)].join('\0'));
  const missing = summary.unfinished.map(u => `${u.cell.id}: ${u.reason}`);
  return [
    ...[...shared.values()].map(sharedAnnotation),
    ...(missing.length === 0
      ? []
      : [
          {
            level: 'error' as const,
            title: `${count(missing.length, 'cell')} not finished`,
            text: withMore(missing.slice(0, SHOWN), missing.length),
          },
        ]),
    ...laterAnnotation(summary),
    ...summary.kernels.flatMap(kernel => [
      ...(kernel.failure === null
        ? []
        : [{ level: 'error' as const, title: `kernel ${kernel.id}`, text: kernel.failure }]),
      ...(kernel.column?.notes ?? []).map(text => ({
        level: 'notice' as const,
        title: `kernel ${kernel.id}`,
        text,
      })),
    ]),
    ...summary.notes
      .filter(note => note.level === 'warning')
      .map(note => ({ level: 'warning' as const, title: 'bpfrig', text: note.text })),
  ];
}

function laterAnnotation(summary: RunSummary): Annotation[] {
  const later = laterTries(summary);
  if (later.length === 0) return [];
  const text = later.map(r => `${r.cell.id}: ${r.verdict}: ${triesText(r)}`).join('\n');
  return [{ level: 'warning', title: laterTriesText(summary), text }];
}

function lineOf(result: CellResult): number {
  return brokenExpectations(result)[0]?.line ?? 1;
}

function sharedAnnotation(results: readonly CellResult[]): Annotation {
  const [first] = results;
  if (first === undefined) throw new RangeError('a group has at least one member');
  const kernels = [...new Set(results.map(r => r.cell.kernel))].join(', ');
  const text = results
    .slice(0, SHOWN)
    .map(r =>
      [
        `${r.cell.kernel} ${cellLabel(r.cell)}: ${r.reason}`,
        ...brokenExpectations(r).map(e => `  ${expectationText(e)}`),
        ...lossTexts(r.ledger).map(loss => `  ${loss}`),
        `  ${r.repeat}`,
      ].join('\n'),
    );
  return {
    level: 'error',
    file: first.cell.file,
    line: lineOf(first),
    title: `${first.verdict} on ${kernels}: ${first.cell.scenario}`,
    text: withMore(text, results.length),
  };
}

function withMore(shown: readonly string[], all: number): string {
  return [...shown, ...(all > shown.length ? [`and ${all - shown.length} more`] : [])].join('\n');
}

function command({ level, text, ...properties }: Annotation): string {
  const list = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::${level} ${list.join(',')}::${escapeData(text)}\n`;
}

/** Escapes a command's message as actions/toolkit does. */
export function escapeData(text: string): string {
  return plain(text).replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

/** Escapes a command's property as actions/toolkit does. */
export function escapeProperty(text: string): string {
  return escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
