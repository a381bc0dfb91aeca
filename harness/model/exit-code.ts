import { countWhere, held, isRed, isSpoiled, type VerdictCounts } from './verdict.ts';

/** The signals that end a run in order, with their exit codes by the shell's convention, 128 + number. */
export const SIGNAL_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** A signal that ends a run in order. */
export type EndingSignal = keyof typeof SIGNAL_CODES;

/** The exit codes of bpfrig; `./bpfrig --help` lists them. */
export const EXIT = { ok: 0, red: 1, usage: 2, infra: 3, nothing: 4, ...SIGNAL_CODES } as const;

/** What the exit code of a run depends on. */
export interface RunOutcome {
  readonly counts: VerdictCounts;
  /** Planned cells without a verdict. */
  readonly unfinished: number;
  /** The signal that ended the run early, or null. */
  readonly signal: EndingSignal | null;
  /** False for a run without an end: it was killed, or bpfrig itself failed. */
  readonly complete: boolean;
}

/**
 * The one exit code of a run. A planned cell without a verdict makes it red. A run without an end is never green: it is 3, or 1 if a
 * cell is red because of the kernel.
 */
export function exitCode({ counts, unfinished, signal, complete }: RunOutcome): number {
  if (signal !== null) return EXIT[signal];
  const spoiled = countWhere(counts, isSpoiled);
  if (countWhere(counts, isRed) > spoiled) return EXIT.red;
  if (spoiled > 0 || !complete) return EXIT.infra;
  if (unfinished > 0) return EXIT.red;
  if (countWhere(counts, verdict => held(verdict) !== null) === 0) return EXIT.nothing;
  return EXIT.ok;
}

/** Whether a shard that ended with this code has left results, from which the merge of all shards computes the code of the whole. */
export function isDecidedByMerge(code: number): boolean {
  return code === EXIT.red || code === EXIT.infra || code === EXIT.nothing || code === EXIT.ok;
}

/** The codes with which a run can end, from the best to the worst. */
export const RUN_EXIT_CODES = [
  EXIT.ok,
  EXIT.nothing,
  EXIT.infra,
  EXIT.red,
  EXIT.SIGHUP,
  EXIT.SIGINT,
  EXIT.SIGTERM,
] as const;

/** The worse of two exit codes of a run. A code with which no run can end counts as `EXIT.infra`. */
export function worseCode(a: number, b: number): number {
  const rank = (code: number): number => {
    const index = RUN_EXIT_CODES.findIndex(known => known === code);
    return index < 0 ? RUN_EXIT_CODES.indexOf(EXIT.infra) : index;
  };
  return RUN_EXIT_CODES[Math.max(rank(a), rank(b))] ?? EXIT.infra;
}
