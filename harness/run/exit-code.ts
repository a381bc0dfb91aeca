import { countWhere, held, isRed, isSpoiled, type VerdictCounts } from '../model/verdict.ts';

/** What the exit code of a run depends on. */
export interface RunOutcome {
  readonly counts: VerdictCounts;
  /** Planned cells without a verdict. */
  readonly unfinished: number;
  /** The signal that ended the run early, or null. */
  readonly signal: 'SIGINT' | 'SIGTERM' | null;
}

/** The exit codes of bpfrig; `./bpfrig --help` lists them. */
export const EXIT = { ok: 0, red: 1, usage: 2, infra: 3, nothing: 4, SIGINT: 130, SIGTERM: 143 } as const;

/** The one exit code of a run. A planned cell without a verdict makes it red. */
export function exitCode({ counts, unfinished, signal }: RunOutcome): number {
  if (signal !== null) return EXIT[signal];
  const spoiled = countWhere(counts, isSpoiled);
  if (countWhere(counts, isRed) > spoiled) return EXIT.red;
  if (spoiled > 0) return EXIT.infra;
  if (unfinished > 0) return EXIT.red;
  if (countWhere(counts, verdict => held(verdict) !== null) === 0) return EXIT.nothing;
  return EXIT.ok;
}
