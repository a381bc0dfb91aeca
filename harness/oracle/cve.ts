import type { CellResult } from '../model/cell.ts';
import type { Counters } from '../model/counters.ts';
import type { CveFinding } from '../model/cve.ts';
import { held, isSpoiled } from '../model/verdict.ts';
import type { CveAbsence, CveSign, ScenarioCve } from '../scenario/cve.ts';
import { evaluate } from './expectations.ts';
import { unnamedFaults, type Fault } from './fault.ts';
import { withoutTime } from '../vm/splats.ts';

/** The part of a cell's outcome that a finding rests on. */
export type CveEvidence = Pick<
  CellResult,
  'verdict' | 'reason' | 'expectations' | 'counters' | 'consoleTail'
> & {
  /** First lines of splats, as the monitor found them. */
  readonly splats?: readonly string[];
  /** Results of steps by their `as`, also of a cell whose steps ended early, which has no counters. */
  readonly steps?: Counters;
};

/**
 * What a cell shows of its defect. Pure, and by what was measured: `lacked` is why the kernel does not have the defect's code, as a probe
 * or the configuration says it; null: it may have it.
 *
 * A cell that failed is `vulnerable` only by the defect's own evidence. Any other failure says nothing about the defect.
 */
export function cveFinding(cve: ScenarioCve, cell: CveEvidence, lacked: string | null): CveFinding {
  const { verdict, reason } = cell;
  if (lacked !== null) return { status: 'not-affected', why: lacked };
  const [shown] = verdict === 'skip' ? absencesIn(cve, { ...cell.counters, ...cell.steps }) : [];
  if (shown !== undefined) return { status: 'not-affected', why: whyOf(shown) };
  if (held(verdict) === true) return { status: 'fixed', why: '' };
  if (held(verdict) === null || isSpoiled(verdict)) return { status: 'not-shown', why: reason };
  for (const sign of cve.signs) {
    const evidence = evidenceOf(sign, cell);
    if (evidence !== null) return { status: 'vulnerable', why: evidence };
  }
  return { status: 'not-shown', why: `failed, but not as the defect does: ${reason}` };
}

/**
 * Whether a cell failed just as it does on a kernel that does not have the code of the defect: `excused` is what showed that. `objections` are what
 * failed as well, where something showed it.
 */
export function unaffectedBy(
  cve: ScenarioCve | undefined,
  faults: readonly Fault[],
  counters: Counters,
): { readonly excused: string | null; readonly objections: readonly string[] } {
  const objections: string[] = [];
  for (const absence of absencesIn(cve, counters)) {
    const unnamed = unnamedFaults(absence, faults);
    if (unnamed === null) return { excused: whyOf(absence), objections: [] };
    objections.push(`${whyOf(absence)}, which does not explain what failed as well: ${unnamed}`);
  }
  return { excused: null, objections };
}

function absencesIn(cve: ScenarioCve | undefined, counters: Counters): CveAbsence[] {
  return (cve?.unaffectedIf ?? []).filter(({ expression }) => evaluate(expression, counters).ok);
}

function whyOf({ expression, because }: CveAbsence): string {
  return `${because}: ${expression.text}`;
}

/**
 * The evidence in a cell, as one line; null where a part of the sign is missing, or where an expectation failed as well that a sign by
 * expectations does not name, or where there is a splat and the sign has none.
 */
function evidenceOf({ splat, fails }: CveSign, cell: CveEvidence): string | null {
  if (fails.length > 0 && cell.expectations.some(({ ok, expr }) => !ok && !fails.includes(expr))) return null;
  // What failed may have failed by what the kernel's log has, which the defect is not known for.
  if (splat.length === 0 && (cell.splats ?? []).length > 0) return null;
  const failed = fails.map(text =>
    cell.expectations.find(({ expr, ok, error }) => expr === text && !ok && error === null),
  );
  if (failed.includes(undefined)) return null;
  const lines = [...(cell.splats ?? []), ...cell.consoleTail];
  const matched = splat.map(pattern => lines.find(line => pattern.test(line)));
  if (matched.includes(undefined)) return null;
  const texts = [
    ...matched.map(line => withoutTime(line ?? '').trim()),
    ...failed.map(one => (one?.values == null ? `${one?.expr}` : `${one.expr}   (${one.values})`)),
  ];
  return [...new Set(texts)].join('; ');
}
