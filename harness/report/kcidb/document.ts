/**
 * What bpfrig writes of KCIDB's schema, version 5.3, as the package kcidb-io publishes it (`kcidb_io.schema.LATEST`). Every id begins with
 * the origin and a colon; times are ISO 8601, durations are in seconds.
 */
export interface KcidbDocument {
  readonly version: { readonly major: 5; readonly minor: 3 };
  readonly checkouts: readonly KcidbCheckout[];
  readonly builds: readonly KcidbBuild[];
  readonly tests: readonly KcidbTest[];
  readonly issues: readonly KcidbIssue[];
  readonly incidents: readonly KcidbIncident[];
}

/**
 * `FAIL`: the tested code is faulty. `ERROR`: the test itself failed. `MISS`: the harness failed. `PASS`: the tested code is correct. `SKIP`:
 * not applicable.
 */
export type KcidbStatus = 'FAIL' | 'ERROR' | 'MISS' | 'PASS' | 'DONE' | 'SKIP';

interface KcidbObject {
  readonly id: string;
  readonly origin: string;
  readonly comment?: string;
  readonly misc?: Readonly<Record<string, unknown>>;
}

/** The source that a kernel was built from. */
export interface KcidbCheckout extends KcidbObject {
  readonly valid: boolean;
}

/** A kernel. */
export interface KcidbBuild extends KcidbObject {
  readonly checkout_id: string;
  readonly architecture: string;
  readonly config_name?: string;
  readonly status: KcidbStatus;
}

/** A cell. */
export interface KcidbTest extends KcidbObject {
  readonly build_id: string;
  /** `bpfrig.cpumap.redirect.one-cpu.nic-veth_mode-native`: only letters, digits, `-` and `_` between the dots. */
  readonly path: string;
  readonly status: KcidbStatus;
  readonly start_time?: string;
  readonly duration?: number;
  readonly environment: { readonly comment?: string; readonly misc?: Readonly<Record<string, unknown>> };
  readonly log_url?: string;
  /** At most 16,384 characters. */
  readonly log_excerpt?: string;
  readonly output_files?: readonly { readonly name: string; readonly url: string }[];
}

/** The cause of known failures. */
export interface KcidbIssue extends KcidbObject {
  readonly version: number;
  readonly culprit: { readonly code: boolean; readonly tool: boolean; readonly harness: boolean };
}

/** A test that failed because of an issue. */
export interface KcidbIncident extends KcidbObject {
  readonly issue_id: string;
  readonly issue_version: number;
  readonly test_id: string;
  readonly present: boolean;
}
