import type { CellResult } from '../model/cell.ts';
import { held, isSpoiled } from '../model/verdict.ts';
import { evaluate } from '../oracle/expectations.ts';
import type { Expression } from '../scenario/cel.ts';

/** How a kernel's cells answer a question of yes or no, and why. */
export interface Answer {
  /** Null: they say nothing about the kernel. */
  readonly holds: boolean | null;
  readonly why: string;
}

/** Whether every cell is as its scenario says; a known failure is a failure here, since a bisection looks for its end. */
export function byVerdict(results: readonly CellResult[]): Answer {
  const broken = results.find(({ verdict }) => held(verdict) === false);
  if (broken !== undefined) return { holds: false, why: `${broken.verdict}: ${broken.reason}` };
  const silent = results.find(({ verdict }) => held(verdict) === null);
  if (silent !== undefined) return { holds: null, why: `${silent.verdict}: ${silent.reason}` };
  return results.length === 0 ? { holds: null, why: 'no cell ended' } : { holds: true, why: 'pass' };
}

/** Whether an expression holds over the counters of every cell, whatever the cells' own verdicts are; of one that was spoiled they say nothing. */
export function byExpression(results: readonly CellResult[], expression: Expression): Answer {
  let last = 'no cell ended';
  let broken: string | null = null;
  for (const { cell, verdict, reason, counters } of results) {
    // Numbers of which some may be missing.
    if (isSpoiled(verdict)) return { holds: null, why: `${cell.id}: ${verdict}: ${reason}` };
    if (Object.keys(counters).length === 0)
      return { holds: null, why: `${cell.id} has no counters: ${verdict}: ${reason}` };
    const outcome = evaluate(expression, counters);
    if (outcome.error !== null) return { holds: null, why: `${cell.id}: ${outcome.error}` };
    if (!outcome.ok) broken ??= outcome.values ?? 'false';
    last = 'true';
  }
  if (broken !== null) return { holds: false, why: broken };
  return { holds: results.length === 0 ? null : true, why: last };
}
