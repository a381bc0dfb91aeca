/** One kernel of a bisect. */
export interface BisectedKernel {
  /** A series, or the version of a package. */
  readonly label: string;
  /** Upstream version; null where the kernel was never made ready. */
  readonly version: string | null;
}

/** Between which kernels an answer changes, as `bisect` found it: `bisect.json` in its folder. */
export interface BisectAnswer {
  /** Names of the scenarios. */
  readonly scenarios: readonly string[];
  /** Axis values to which the cells were restricted; none: all. */
  readonly variant: Readonly<Record<string, readonly string[]>>;
  /** What was asked: `verdict`, or an expression. */
  readonly question: string;
  /** Whether it holds before the change. */
  readonly heldBefore: boolean;
  /** The last kernel before the change, and the first one behind it. */
  readonly before: BisectedKernel;
  readonly first: BisectedKernel;
  /** Kernels between them that could not be judged. */
  readonly between: readonly string[];
}
