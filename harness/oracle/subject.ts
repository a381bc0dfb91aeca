import type { Counters } from '../model/counters.ts';
import type { Observations, ProgramReading, XdpMode } from '../model/observations.ts';
import type { ResolvedVariant } from '../scenario/scenario.ts';
import type { Words } from '../scenario/vocabulary.ts';
import type { SemanticsRow } from './semantics.ts';
import type { RedirectRow } from './subjects/redirect.ts';
import type { RowOf, Table } from './table.ts';

/**
 * A part of the kernel that bpfrig understands: the tables that its events are summed in, its counters with the words for them, and its
 * stages of the ledger. `subjects.ts` lists all of them; everything else in this layer works on that list.
 */
export interface Subject {
  readonly name: string;
  /** One sentence for the reference. */
  readonly title: string;
  readonly tables: readonly Table[];
  /** Names of its counters in expectations, from the top. A test compares them with what `account` returns. */
  readonly words: Words;
  /** Names of its faults of the ledger that are no words: its stages. `devmap *` is any that begins so. */
  readonly faults: readonly string[];
  /** What fields of the kernel mean, by kernel and mode. */
  readonly semantics: readonly SemanticsRow[];
  /** Redirects that go on to a stage of this subject. */
  readonly takes?: Target;
  /** Counts a cell; pure. `before` are the accounts of the subjects before it in `subjects.ts`. */
  readonly account: (cell: CellView, before: readonly Account[]) => Account;
}

/** Redirects that one stage of the ledger takes. */
export interface Target {
  readonly stage: string;
  /** Types of the maps, by name and by number of `enum bpf_map_type`; null for bpf_redirect() without a map. */
  readonly mapTypes: readonly (string | null)[];
  /** Redirects that failed and that the stage counts nevertheless; default: none. */
  readonly failed?: (row: RedirectRow, cell: CellView) => boolean;
}

/** What one subject has counted in one cell. */
export interface Account {
  /** By the names of `words`. */
  readonly counters: Counters;
  readonly stages: readonly StageSpec[];
  /** Ways out of stages of other subjects, by stage. */
  readonly joins?: Readonly<Record<string, Readonly<Record<string, Out>>>>;
  /** Where two counts that must agree do not, one line each: the counts of the cell are void then. */
  readonly differences?: readonly string[];
  /** Packets that are not those that were sent, which expectations must name. */
  readonly identity?: readonly IdentityFault[];
  /** Names of `words` that this cell has no value for, each with the reason. */
  readonly absent?: Readonly<Record<string, string>>;
}

/** Packets that arrived and are not those that were sent, in one way. */
export interface IdentityFault {
  /** The name that expectations use. */
  readonly name: string;
  /** 0: there are none. */
  readonly packets: number;
  /** Other names that speak of it. */
  readonly claims: readonly string[];
  /** Says how many and which. */
  readonly text: string;
}

/** A stage of the ledger as its subject declares it. What comes in over edges is added by `ledger.ts`. */
export interface StageSpec {
  readonly name: string;
  /** Shown even when no packet came by. */
  readonly always?: boolean;
  /** Packets that come in from outside of the account, by the name of where they come from. */
  readonly enters?: Readonly<Record<string, Entrance>>;
  readonly out: Readonly<Record<string, Out>>;
}

/** A way into the account. */
export interface Entrance {
  readonly packets: number;
  /** Set where an expectation must name the packets: the names that do. */
  readonly claims?: readonly string[];
}

/** A way out of a stage: on to another stage, or to a sink. */
export type Out =
  | { readonly packets: number; readonly to: string }
  | {
      readonly packets: number;
      /**
       * `delivered`: where packets are meant to end. `received`: they reach a receiver, and an expectation must say that it is the right
       * one. `lost`: they are dropped, and an expectation must name it.
       */
      readonly ends: 'delivered' | 'received' | 'lost';
      /** Names other than the way's own by which an expectation speaks of it; `*` is any key. */
      readonly claims?: readonly string[];
    };

/** Kernel, variant and steps as far as counting needs them. */
export type VariantFacts = Pick<
  ResolvedVariant,
  'variant' | 'guest' | 'setup' | 'traffic' | 'topology' | 'changes' | 'observe'
>;

/** One cell as its subjects see it. */
export interface CellView {
  readonly seen: Observations;
  readonly variant: VariantFacts;
  /** Upstream version of the kernel. */
  readonly version: string;
  /** The mode of the main programs. */
  readonly mode: XdpMode;
  /** CPUs of the guest, `0` first. */
  readonly cpus: readonly string[];
  /** Names of the scenario's maps. */
  readonly mapNames: readonly string[];
  /** Programs that are attached to devices. */
  readonly main: readonly ProgramReading[];
  /** Programs of cpumap entries. */
  readonly entry: readonly ProgramReading[];
  /** Programs of devmap entries. */
  readonly egress: readonly ProgramReading[];
  /** Rows of a table; of those that belong to maps the rows of the scenario's maps. */
  rows<T extends Table>(table: T): readonly RowOf<T>[];
  /** Name of a map of the scenario, empty for any other. */
  readonly mapName: (row: { readonly map_id: number }) => string;
  /** Redirects of programs, by the stage of the ledger that takes them. */
  redirects(programs: readonly ProgramReading[]): Redirects;
}

/** Where redirects of some programs went, by the events xdp_redirect and xdp_redirect_err. */
export interface Redirects {
  readonly rows: readonly RedirectRow[];
  /** Rows that a stage takes. */
  to(stage: string): readonly RedirectRow[];
  /** Stages that take redirects, in the order of the subjects. */
  readonly stages: readonly string[];
  /** Redirects that failed and that no stage takes, in packets. */
  readonly failed: number;
}
