import type { CellResult } from '../model/cell.ts';
import type { RunEvent } from '../model/events.ts';
import { brokenExpectations } from './findings.ts';
import type { RunSummary } from './fold.ts';
import { laterTriesText } from './later-tries.ts';
import { endReporter, type Reporter } from './reporter.ts';
import { lastLines, oneLine } from './text.ts';
import { yamlishLines } from './yamlish.ts';

/** What nothing here goes beyond. Test::Harness 3.44, the `prove` of Debian 12, refuses a file that says 14. */
const VERSION = 'TAP version 13\n';

/**
 * Returns the reporter for TAP version 13: the plan first, then one test point per cell, in the order in which the cells end.
 * See https://testanything.org/tap-version-13-specification.html and the table of verdicts in docs/ledger.md.
 */
export function createTapReporter(): Reporter {
  let points = 0;
  const line = (event: RunEvent): string => {
    switch (event.type) {
      case 'run-start':
        return `${VERSION}${plan(event.cells.length)}\n`;
      case 'cell-end':
        return point(++points, event.result);
      case 'kernel-failed':
        return comment(`kernel ${event.kernel}: ${event.reason}`);
      case 'note':
        return comment(`${event.level}: ${event.text}`);
      default:
        return '';
    }
  };
  const end = (summary: RunSummary): string => {
    if (summary.runId === null) return `${VERSION}Bail out! the start of the run was not seen\n`;
    const missing = summary.unfinished.map(({ cell, reason }) => {
      const description = `not ok ${++points} - ${escapeTap(cell.id)}\n`;
      return description + diagnostics({ verdict: 'unfinished', reason: oneLine(`not finished: ${reason}`) });
    });
    const later = laterTriesText(summary);
    return (
      missing.join('') +
      (later === '' ? '' : comment(later)) +
      (summary.complete ? '' : comment('the run was cut off: its end was not seen'))
    );
  };
  return endReporter(line, end);
}

// Some parsers take a plan of 0 without a reason for an error, others for a success. The reason says that nothing ran.
function plan(cells: number): string {
  return cells === 0 ? '1..0 # SKIP no cell was planned' : `1..${cells}`;
}

function point(number: number, result: CellResult): string {
  const name = escapeTap(result.cell.id);
  switch (result.verdict) {
    case 'pass':
      return `ok ${number} - ${name} # time=${result.durationMs}ms\n${triesBlock(result)}`;
    case 'skip':
      return `ok ${number} - ${name} # SKIP ${escapeTap(result.reason)}\n`;
    case 'known':
      return `not ok ${number} - ${name} # TODO ${escapeTap(result.reason)}\n${diagnostics(facts(result))}`;
    default:
      return `not ok ${number} - ${name}\n${diagnostics(facts(result))}`;
  }
}

function facts(result: CellResult): Record<string, unknown> {
  const residuals = result.ledger?.stages.filter(stage => stage.residual !== 0) ?? [];
  const broken = brokenExpectations(result);
  return {
    verdict: result.verdict,
    reason: oneLine(result.reason),
    duration_ms: result.durationMs,
    ...(broken.length > 0 && {
      expectations: broken.map(e => ({
        // On one line: YAML continues a longer text on lines of its own, which may begin as a command of a CI does.
        expr: oneLine(e.expr),
        ...(e.values !== null && { values: oneLine(e.values) }),
        ...(e.error !== null && { error: oneLine(e.error) }),
        at: oneLine(`${result.cell.file}:${e.line}`),
      })),
    }),
    ...(residuals.length > 0 && {
      residuals: Object.fromEntries(residuals.map(s => [oneLine(s.name), s.residual])),
    }),
    ...tries(result),
    repeat: oneLine(result.repeat),
    artifacts: oneLine(result.dir),
    ...(result.consoleTail.length > 0 && { console: lastLines(result.consoleTail, 500, 400) }),
    ...(result.detail !== null && { detail: lastLines(result.detail.trimEnd().split('\n'), 500, 400) }),
  };
}

function tries({ earlierTries }: CellResult): Record<string, unknown> {
  if (earlierTries.length === 0) return {};
  return { earlier_tries: earlierTries.map(({ verdict, reason }) => ({ verdict, reason: oneLine(reason) })) };
}

/** A cell that passed in its first try has no diagnostics. */
function triesBlock(result: CellResult): string {
  return result.earlierTries.length === 0 ? '' : diagnostics({ verdict: result.verdict, ...tries(result) });
}

// Long texts are lists of one-line scalars, because a block scalar can contain a line `...`, which ends the block for some parsers.
function diagnostics(value: Record<string, unknown>): string {
  return ['---', ...yamlishLines(value), '...'].map(line => `  ${line}\n`).join('');
}

function comment(text: string): string {
  return `# ${oneLine(text)}\n`;
}

/** Escapes `#` and `\`, which have a meaning in a description or a directive's reason. */
export function escapeTap(text: string): string {
  return oneLine(text).replace(/[\\#]/g, c => `\\${c}`);
}
