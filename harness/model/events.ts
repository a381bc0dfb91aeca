import type { Cell, CellResult } from './cell.ts';
import type { CodeCoverage } from './code-coverage.ts';
import type { Kernel } from './kernel.ts';
import type { VerdictCounts } from './verdict.ts';

/** A kernel column of the matrix, as reports need it. */
export type KernelColumn = Pick<
  Kernel,
  'id' | 'spec' | 'series' | 'flavour' | 'arch' | 'version' | 'release' | 'packages' | 'notes'
>;

/** What the host is and how guests were run. */
export interface HostFacts {
  readonly bpfrig: string;
  readonly node: string;
  readonly qemu: string;
  readonly accel: 'kvm' | 'tcg';
  /** Why that accelerator. */
  readonly accelReason: string;
  readonly cpus: number;
  readonly memoryMiB: number;
}

/** Which part of a larger plan a run is. */
export interface ShardOfRun {
  /** From 1. */
  readonly index: number;
  readonly count: number;
  /** Every cell of the whole plan, in its order: a merge of shards finds by it what is missing. */
  readonly plan: readonly Cell[];
}

/** One entry of the event log of a run: everything that is reported is one of these, in order, in events.jsonl. */
export type RunEvent = { readonly at: string } & (
  | {
      readonly type: 'run-start';
      readonly runId: string;
      readonly schema: number;
      readonly argv: readonly string[];
      readonly host: HostFacts;
      readonly kernels: readonly string[];
      readonly cells: readonly Cell[];
      readonly jobs: number;
      /** Set where the run is one shard of several; `cells` are then its own. */
      readonly shard?: ShardOfRun | undefined;
    }
  | { readonly type: 'kernel-ready'; readonly kernel: KernelColumn; readonly durationMs: number }
  | {
      readonly type: 'template-ready';
      readonly kernel: string;
      /** Devices and size of its guests, for people: `virtio, 4 CPUs, 512 MiB`. */
      readonly shape: string;
      readonly durationMs: number;
    }
  | { readonly type: 'kernel-failed'; readonly kernel: string; readonly reason: string }
  | { readonly type: 'cell-start'; readonly cell: string }
  | { readonly type: 'cell-end'; readonly result: CellResult }
  /** Once per kernel that counts the executions of its own code, after its cells. */
  | { readonly type: 'code-coverage'; readonly kernel: string; readonly coverage: CodeCoverage }
  | { readonly type: 'note'; readonly level: 'info' | 'warning'; readonly text: string }
  | {
      readonly type: 'run-end';
      readonly counts: VerdictCounts;
      readonly unfinished: readonly string[];
      readonly interrupted: boolean;
      readonly durationMs: number;
      readonly exitCode: number;
    }
);

/** An event as it is emitted, before the event log stamps it with the time. */
export type NewEvent = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'at'> : never) : never;

/** Version of the shape of run.json and events.jsonl. */
export const RUN_SCHEMA = 2;
