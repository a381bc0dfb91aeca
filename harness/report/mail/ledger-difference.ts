import type { Ledger } from '../../model/ledger.ts';
import { oneLine, padTo, textWidth } from '../text.ts';

/**
 * Returns the stages and ends of packets in which two accounts differ, as a table of two columns under `heads`. With no other account, all
 * that the account has. Empty where they do not differ, or where there is no account.
 */
export function ledgerDifference(
  [other, own]: readonly [Ledger | null, Ledger | null],
  heads: readonly [string, string],
): string[] {
  if (own === null || own.absent !== null) return [];
  const alone = other === null || other.absent !== null;
  const [before, after] = [alone ? new Map<string, number>() : amounts(other), amounts(own)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const rows = names
    .map(name => ({ name, before: before.get(name) ?? 0, after: after.get(name) ?? 0 }))
    .filter(row => alone || row.before !== row.after)
    .map(row => [row.name, ...(alone ? [] : [String(row.before)]), String(row.after)]);
  if (rows.length === 0) return [];
  const table = [['', ...(alone ? [] : [oneLine(heads[0])]), oneLine(heads[1])], ...rows];
  const widths = table[0]?.map((_, i) => Math.max(...table.map(row => textWidth(row[i] ?? '')))) ?? [];
  return table.map(row =>
    row
      .map((cell, i) => (i === 0 ? padTo(cell, widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** Packets by stage and the name of where they went; what a stage does not account for, and what arrived otherwise than it was sent. */
function amounts({ stages, identity }: Ledger): Map<string, number> {
  const entries = stages.flatMap(stage => [
    [`${stage.name} in`, stage.in] as const,
    ...Object.entries(stage.out).map(([name, packets]) => [`${stage.name} -> ${name}`, packets] as const),
    ...(stage.residual === 0 ? [] : [[`${stage.name} unaccounted`, stage.residual] as const]),
  ]);
  return new Map(
    [...entries, ...identity.map(({ name, packets }) => [name, packets] as const)].filter(([, n]) => n !== 0),
  );
}
