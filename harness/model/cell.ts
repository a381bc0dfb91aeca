import type { Counters } from './counters.ts';
import type { CveFacts, CveFinding } from './cve.ts';
import type { Ledger } from './ledger.ts';
import type { Verdict } from './verdict.ts';

/** One choice from a scenario's axes, in the order in which the scenario lists them. */
export type Variant = Readonly<Record<string, string>>;

/** The unit that runs: one variant of one scenario on one kernel. */
export interface Cell {
  /** `cpumap/redirect/one-cpu[nic=veth,mode=native]@6.12`: unique in a run and stable between runs. */
  readonly id: string;
  /** Scenario's path without folder `scenarios/` and without `.yaml`. */
  readonly scenario: string;
  readonly title: string;
  /** Scenario's file, relative to where bpfrig was started. */
  readonly file: string;
  readonly variant: Variant;
  /** `Kernel.id`. */
  readonly kernel: string;
  /** The defect of the kernel that the scenario shows; absent where it shows none. */
  readonly cve?: CveFacts | undefined;
}

/** One expectation and its outcome. */
export interface ExpectationResult {
  readonly expr: string;
  readonly ok: boolean;
  /** The expression with values instead of names, `5026 == 20002`; null when it holds trivially or was not evaluated. */
  readonly values: string | null;
  /** 1-based place in the scenario's file. */
  readonly line: number;
  /** Set when the expression could not be evaluated: the scenario is broken. */
  readonly error: string | null;
}

/** Wall time of each part of a cell, in milliseconds. */
export type Phases = Readonly<Record<string, number>>;

/** One try at a cell that ended in `infra`, before the try that counts. */
export interface FailedTry {
  readonly verdict: Verdict;
  readonly reason: string;
}

/** Everything that a run reports about one cell. */
export interface CellResult {
  readonly cell: Cell;
  readonly verdict: Verdict;
  /** One line: what was seen. Empty for a plain pass. */
  readonly reason: string;
  readonly expectations: readonly ExpectationResult[];
  readonly ledger: Ledger | null;
  readonly counters: Counters;
  readonly phases: Phases;
  readonly durationMs: number;
  readonly earlierTries: readonly FailedTry[];
  /** A command that repeats this cell alone. */
  readonly repeat: string;
  /** Last lines of the guest's console where they matter: a splat, a panic. */
  readonly consoleTail: readonly string[];
  /** Long text: a verifier log, a stack. Null when there is none. */
  readonly detail: string | null;
  /** Folder of the cell's artifacts, relative to the run's folder. */
  readonly dir: string;
  /** Files there that the scenario asked for, as its captures. */
  readonly artifacts?: readonly string[] | undefined;
  /** What the cell shows about the defect of its scenario; absent where that states none. */
  readonly cve?: CveFinding | undefined;
}
