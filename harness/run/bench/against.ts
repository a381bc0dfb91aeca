import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Verdict } from '../../model/verdict.ts';
import { BpfrigError } from '../../util/errors.ts';
import { PACKAGE_ROOT } from '../../util/paths.ts';
import { figure, type Figure } from './report.ts';
import { median } from './sample.ts';
import { timedRun, type TimedRun } from './timed-run.ts';

/** The suites of two checkouts, run in turns on one machine. */
export interface SuiteComparison {
  /** Folder of the other checkout. */
  readonly other: string;
  readonly otherMs: readonly number[];
  readonly ownMs: readonly number[];
  /** Cells that ended, per run. */
  readonly otherCells: number;
  readonly ownCells: number;
  /** Share of the time in which templates became ready, the larger one of both: well above 0 with a cold cache. */
  readonly templatesShare: number;
  /** Cells of both whose verdicts differ. */
  readonly differing: readonly { readonly id: string; readonly other: Verdict; readonly own: Verdict }[];
}

/**
 * Runs the suite, or the scenarios of `paths`, of another checkout and of this one, `rounds` times in turns, so that a machine whose
 * speed drifts slows both. Throws `usage` when the folder is not a checkout of bpfrig.
 */
export async function compareSuites(
  dir: string,
  paths: readonly string[],
  options: {
    readonly rounds: number;
    readonly signal: AbortSignal;
    readonly onProgress: (line: string) => void;
  },
): Promise<SuiteComparison> {
  const other = resolve(dir);
  if (!existsSync(join(other, 'bpfrig')))
    throw new BpfrigError('usage', `--against ${dir}: must be a checkout of bpfrig, and has no file bpfrig`);
  const runs: { other: TimedRun[]; own: TimedRun[] } = { other: [], own: [] };
  for (let round = 0; round < options.rounds; round += 1) {
    for (const which of round % 2 === 0 ? (['other', 'own'] as const) : (['own', 'other'] as const)) {
      const checkout = which === 'other' ? other : PACKAGE_ROOT;
      options.onProgress(`round ${round + 1} of ${options.rounds}: ${checkout}`);
      runs[which].push(await timedRun(checkout, paths, options.signal));
    }
  }
  return comparisonOf(other, runs);
}

/** The comparison of at least one run each. */
export function comparisonOf(
  other: string,
  runs: { readonly other: readonly TimedRun[]; readonly own: readonly TimedRun[] },
): SuiteComparison {
  const share = ({ templatesMs, durationMs }: TimedRun): number => templatesMs / durationMs;
  const [otherVerdicts, ownVerdicts] = [verdictsOf(runs.other), verdictsOf(runs.own)];
  return {
    other,
    otherMs: runs.other.map(({ durationMs }) => durationMs),
    ownMs: runs.own.map(({ durationMs }) => durationMs),
    otherCells: otherVerdicts.size,
    ownCells: ownVerdicts.size,
    templatesShare: Math.max(...[...runs.other, ...runs.own].map(share)),
    differing: [...ownVerdicts].flatMap(([id, own]) => {
      const before = otherVerdicts.get(id);
      return before === undefined || before === own ? [] : [{ id, other: before, own }];
    }),
  };
}

/** The figures of a comparison; the ratio has the limit. */
export function suiteFigures(comparison: SuiteComparison): Figure[] {
  const { otherMs, ownMs, otherCells, ownCells, templatesShare, differing } = comparison;
  return [
    figure('suite of this tree / suite of the other', median(ownMs) / median(otherMs), '', 0.75),
    figure('cells whose verdicts differ', differing.length, '', 0),
    figure('suite of the other tree', median(otherMs) / 1000, 's', null),
    figure('suite of this tree', median(ownMs) / 1000, 's', null),
    figure('cells of the other tree', otherCells, '', null),
    figure('cells of this tree', ownCells, '', null),
    figure('time in which templates became ready / time of the suite', templatesShare, '', null),
  ];
}

function verdictsOf(runs: readonly TimedRun[]): Map<string, Verdict> {
  return new Map(runs.flatMap(({ results }) => results.map(({ cell, verdict }) => [cell.id, verdict])));
}
