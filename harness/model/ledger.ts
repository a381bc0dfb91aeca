/** One arrow of the account: what came in, where it went, and what is missing. */
export interface Stage {
  /** `wire`, `xdp`, `redirect`, `cpumap`, `kthread`, `entry`, `stack`. */
  readonly name: string;
  /** Packets that the stage before handed over. */
  readonly in: number;
  /** Where they went, by name; a name that is a sink's ends there, the others go on to the next stage. */
  readonly out: Readonly<Record<string, number>>;
  /** in minus the sum of out: packets that nothing accounts for. Negative: more came out than went in. */
  readonly residual: number;
}

/** A place where packets end. */
export interface Sink {
  /** The name that expectations use, for example `cpumap.ring_full`. */
  readonly name: string;
  readonly packets: number;
  /** True when an expectation names it, so that the author has said what is right there. */
  readonly claimed: boolean;
}

/** The account of every packet of one cell from sent to delivered. */
export interface Ledger {
  readonly stages: readonly Stage[];
  readonly sinks: readonly Sink[];
  /** Why no account could be drawn up (no traffic, no redirect); null when there is one. */
  readonly absent: string | null;
}
