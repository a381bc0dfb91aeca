import { held } from '../../model/verdict.ts';
import { isRedStatus, saysNothing, type CellStatus } from '../status.ts';

/** What a run says about a cell: good, bad, or nothing. */
export type Answer = 'good' | 'bad' | null;

/** A cell in one run. */
export interface Step {
  /** Null if the run did not plan the cell. */
  readonly status: CellStatus | null;
  /** The build of the kernel, `6.12.117 (6.12.117-1)`; null if the kernel was never ready. */
  readonly build: string | null;
}

/** A change from one answer to the other. Both runs are indexes of `History.runs`. */
export interface Flip {
  /** The last run with the answer before. */
  readonly from: number;
  /** The first run with the answer after. */
  readonly to: number;
  readonly answer: 'good' | 'bad';
  /** The builds of the kernel, if they differ: then the kernel may be the cause. Null if it is the same build. */
  readonly builds: readonly [string, string] | null;
}

/** How a cell went along the runs, oldest first. */
export interface CellCourse {
  readonly flips: readonly Flip[];
  /** The last answer of all runs. */
  readonly last: Answer;
  /** It changed both ways: from good to bad and from bad to good. */
  readonly isFlake: boolean;
  /** For a flake: a build of the kernel on which it was both good and bad, so that the build is not the cause. Null if there is none. */
  readonly bothOn: string | null;
}

/**
 * Returns the answer of a status. `pass` and `known` are good: the cell is as its scenario states. `fail`, `panic`, `hang` and `fixed` are
 * bad. A skip, and what the host or the scenario spoiled, is no answer.
 */
export function answerOf(status: CellStatus | null): Answer {
  if (status === null || saysNothing(status) || status === 'unfinished') return null;
  if (isRedStatus(status)) return 'bad';
  return held(status) === null ? null : 'good';
}

/** Returns how a cell went along the runs. Runs without an answer are passed over. */
export function courseOf(steps: readonly Step[]): CellCourse {
  const answered = steps.flatMap(({ status, build }, run) => {
    const answer = answerOf(status);
    return answer === null ? [] : [{ run, answer, build }];
  });
  const flips = answered.flatMap((now, i): Flip[] => {
    const before = answered[i - 1];
    if (before === undefined || before.answer === now.answer) return [];
    const builds = differing(before.build, now.build);
    return [{ from: before.run, to: now.run, answer: now.answer, builds }];
  });
  const isFlake = flips.length > 1;
  const bad = new Set(answered.filter(({ answer }) => answer === 'bad').map(({ build }) => build));
  const both = answered.find(({ answer, build }) => answer === 'good' && build !== null && bad.has(build));
  return {
    flips,
    last: answered.at(-1)?.answer ?? null,
    isFlake,
    bothOn: isFlake ? (both?.build ?? null) : null,
  };
}

function differing(before: string | null, now: string | null): readonly [string, string] | null {
  return before === null || now === null || before === now ? null : [before, now];
}
