import type { CellResult } from '../model/cell.ts';
import { findings, type Finding, type FindingLimits } from './findings.ts';
import type { Ink, Paint } from './paint.ts';

const INKS: Partial<Record<Finding['kind'], Ink>> = { expectation: 'bold', loss: 'red', more: 'dim' };

/** Returns findings as lines of text, each with the label of its kind. */
export function findingLines(result: CellResult, paint: Paint = plainly, limits?: FindingLimits): string[] {
  return findings(result, limits).map((finding, i, all) => line(finding, all[i - 1], paint));
}

// The bar separates a guest's text from ours, and keeps a CI's log parser from taking `::error` in a console for a command.
function line(finding: Finding, before: Finding | undefined, paint: Paint): string {
  const ink = INKS[finding.kind];
  const text = ink === undefined ? finding.text : paint(ink, finding.text);
  switch (finding.kind) {
    case 'ledger':
    case 'loss':
      return `${before !== undefined && isLedger(before) ? '      ' : 'ledger'}  ${text}`;
    case 'console':
    case 'detail':
      return `${paint('dim', '│')} ${text}`;
    case 'repeat':
      return `repeat  ${text}`;
    default:
      return text;
  }
}

function isLedger(finding: Finding): boolean {
  return finding.kind === 'ledger' || finding.kind === 'loss';
}

function plainly(_ink: Ink, text: string): string {
  return text;
}
