import { isSpoiled } from '../model/verdict.ts';
import type { Cell } from '../model/cell.ts';
import { findingLines } from './finding-lines.ts';
import { statusOf, type RunSummary } from './fold.ts';
import { groupBy } from '../util/group-by.ts';
import { triesText } from './later-tries.ts';
import { documentReporter, type Reporter } from './reporter.ts';
import { isRedStatus } from './status.ts';
import { cellLabel, oneLine } from './text.ts';

/**
 * Returns the reporter for KTAP, the kernel's TAP dialect, for kernel CI systems that read kselftest and KUnit results. A kernel is a
 * test and its cells are the subtests; see Documentation/dev-tools/ktap.rst. Subtests must follow each other, so everything is
 * written at the end.
 */
export function createKtapReporter(): Reporter {
  return documentReporter(renderKtap);
}

function renderKtap(summary: RunSummary): string {
  const kernels = groupBy(summary.cells, cell => cell.kernel);
  const lines = ['KTAP version 1', `1..${kernels.size}`];
  if (kernels.size === 0) lines[1] += ' # SKIP no cell was planned';
  let number = 0;
  for (const { id } of summary.kernels) {
    const cells = kernels.get(id);
    if (cells === undefined) continue;
    lines.push('  KTAP version 1', `  1..${cells.length}`);
    cells.forEach((cell, i) => lines.push(...caseLines(summary, cell, i + 1).map(line => `  ${line}`)));
    const statuses = cells.map(cell => statusOf(summary, cell));
    const result = statuses.some(status => isRedStatus(status)) ? 'not ok' : 'ok';
    const skipped = statuses.every(status => status === 'skip') ? ' # SKIP every cell was skipped' : '';
    lines.push(`${result} ${++number} ${description(id)}${skipped}`);
  }
  return `${lines.join('\n')}\n`;
}

function caseLines(summary: RunSummary, cell: Cell, number: number): string[] {
  const result = summary.results.get(cell.id);
  const name = description(cellLabel(cell));
  if (result === undefined) {
    const reason = summary.unfinished.find(u => u.cell.id === cell.id)?.reason ?? '';
    return [`not ok ${number} ${name} # ERROR not finished: ${oneLine(reason)}`];
  }
  const reason = oneLine(result.reason);
  const tries = result.earlierTries.length === 0 ? [] : [`# ${triesText(result)}`];
  switch (result.verdict) {
    case 'pass':
      return [...tries, `ok ${number} ${name}`];
    case 'skip':
      return [...tries, `ok ${number} ${name} # SKIP ${reason}`];
    case 'known':
      // `ok`, as ksft_test_result_xfail() in tools/testing/selftests/kselftest.h prints it.
      return [...tries, `ok ${number} ${name} # XFAIL ${reason}`];
    default: {
      const spoiled = isSpoiled(result.verdict) ? 'ERROR ' : '';
      const directive = result.verdict === 'hang' ? 'TIMEOUT ' : spoiled;
      const about = findingLines(result).map(line => `# ${line}`);
      return [...about, `not ok ${number} ${name} # ${directive}${reason || result.verdict}`];
    }
  }
}

// A description cannot contain `#`, and KTAP has no escape.
function description(text: string): string {
  return oneLine(text).replace(/#/g, '_');
}
