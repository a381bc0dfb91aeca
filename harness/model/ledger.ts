/** A station of the account: what came in, where it went, and what is missing. */
export interface Stage {
  /** `wire`, `xdp`, `redirect`, `cpumap`; see `../oracle/subjects/`. */
  readonly name: string;
  /** Packets that came in: from other stages, and from outside of the account. */
  readonly in: number;
  /** The part of `in` that no other stage handed over, by the name of where it comes from: `sent`, `injected`. */
  readonly enters: Readonly<Record<string, number>>;
  /** Where the packets went, by name. A name without an edge in `to` is a sink: packets end there. */
  readonly out: Readonly<Record<string, number>>;
  /** The edges: the stage that the packets of a name in `out` go on to. */
  readonly to: Readonly<Record<string, string>>;
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
  /** False where packets are meant to end, which no expectation has to name. */
  readonly needed: boolean;
  /** True where packets reach a receiver: the stack, another device. False where they are dropped. */
  readonly received: boolean;
}

/** A place where the kernel makes packets, for example copies of a broadcast. */
export interface Origin {
  /** The name that expectations use. */
  readonly name: string;
  readonly packets: number;
  /** True when an expectation names it. */
  readonly claimed: boolean;
}

/** Packets that arrived and are not those that were sent, in one way: missing, duplicated, reordered, changed, unsent. */
export interface IdentityCheck {
  /** The name that expectations use, for example `identity.missing`. */
  readonly name: string;
  readonly packets: number;
  /** True when an expectation names it. */
  readonly claimed: boolean;
  /** How many and which, in words. */
  readonly text: string;
}

/** The account of every packet of one cell from sent to delivered. */
export interface Ledger {
  readonly stages: readonly Stage[];
  readonly sinks: readonly Sink[];
  /** Where the kernel makes packets; empty where it makes none. */
  readonly origins: readonly Origin[];
  /** Whether the packets that arrived are those that were sent: one per way in which they may not be; what cannot be known is left out. */
  readonly identity: readonly IdentityCheck[];
  /** Why no account could be drawn up (no traffic, no redirect); null when there is one. */
  readonly absent: string | null;
}

/** One thing that is wrong with an account. */
export interface LedgerFault {
  /** What a known entry calls it: the stage of a residual (`kthread`), the sink of a loss (`xdp.drop`), or a rule (`source.sent`). */
  readonly name: string;
  /** One line. */
  readonly text: string;
}
