import type { Variant } from '../model/cell.ts';
import type { GuestAdditions } from '../model/guest-additions.ts';
import type { FrameField } from '../model/frame-fields.ts';
import type { Topology } from '../model/topology.ts';
import type { Expression } from './cel.ts';
import type { ScenarioCve } from './cve.ts';
import type { NamedFaults } from './named-faults.ts';
import type { FeatureName } from '../kernel/features.ts';
import type { StepArgs, StepKind } from './step-schema.ts';
import type { TracedEvent } from './traced.ts';

/** 1-based place in a scenario's file. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

interface StepBase {
  /** Name that expectations know the result by; a step that has one may fail, its errno is then the result. */
  readonly as: string | null;
  /** The next step begins before this one has ended. */
  readonly background: boolean;
  readonly place: Place;
  /** Its keys and indexes in the file. */
  readonly path: readonly PropertyKey[];
}

/** One step of any kind but `repeat`, which `kind` distinguishes. */
export type PlainStep = {
  [K in StepKind]: StepBase & { readonly kind: K; readonly args: StepArgs<K> };
}[StepKind];

/** One thing to do in the guest. */
export type Step =
  | PlainStep
  | (StepBase & {
      readonly kind: 'repeat';
      readonly args: { readonly times: number; readonly steps: readonly PlainStep[] };
    });

/** One thing that must hold. */
export interface Expectation {
  readonly expression: Expression;
  readonly place: Place;
  /** Range of upstream versions where it must hold; null: everywhere. */
  readonly kernels: string | null;
  readonly because: string | null;
}

/** A failure that is known: on these kernels the variant fails in just this way. */
export interface KnownFailure extends NamedFaults {
  readonly kernels: string;
  readonly reason: string;
  /** What holds instead. */
  readonly expect: readonly Expression[];
  /** What every splat of the failure must match; null: there is none. */
  readonly splat: RegExp | null;
  /** What the console of a guest that panics must match; null: the failure is no panic. */
  readonly panic: RegExp | null;
  readonly place: Place;
}

/** A BPF object that a scenario brings: a C source to compile, or an object that is ready. */
export interface ScenarioObject {
  /** Its key in `objects`, or the file's name without `.bpf.c`, `.c`, `.bpf.o` or `.o`. */
  readonly name: string;
  /** The file's name: what messages call it. */
  readonly label: string;
  /** Absolute. */
  readonly path: string;
  /** Options for clang; relative paths in them are relative to `dir`. */
  readonly cflags: readonly string[];
  /** The scenario's folder. */
  readonly dir: string;
}

/** A device whose frames are kept during the traffic. */
export interface Capture {
  readonly on: string;
  /** Frames. */
  readonly max: number;
  /** Bytes of a frame. */
  readonly snap: number;
  readonly direction: 'in' | 'both';
}

/** CPUs, memory and queues of a variant's guests, and what is in the one under test besides. */
export interface GuestSize {
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly queues: number;
  /** Absent where there are none: such guests have a template in common. */
  readonly additions?: GuestAdditions;
}

/** One variant of a scenario with every `$axis` filled in and every `when` decided: what is run. */
export interface ResolvedVariant {
  readonly variant: Variant;
  /** `[nic=veth,mode=native]`, empty for a scenario without axes. */
  readonly suffix: string;
  /** All features that this variant needs. */
  readonly requires: readonly FeatureName[];
  /** Parts of a frame that its programs change. */
  readonly changes: readonly FrameField[];
  readonly topology: Topology;
  readonly guest: GuestSize;
  /** Objects of the scenario's own, in the order of the file. */
  readonly objects: readonly ScenarioObject[];
  /** Types of the records of ring buffers and perf event arrays: `struct event` by `fw.events`. */
  readonly records: Readonly<Record<string, string>>;
  readonly captures: readonly Capture[];
  /** Tracepoints that are counted because the scenario asks for it. */
  readonly observe: readonly TracedEvent[];
  readonly setup: readonly Step[];
  readonly traffic: readonly Step[];
  readonly after: readonly Step[];
  readonly expect: readonly Expectation[];
  readonly known: readonly KnownFailure[];
  /** The defect that it shows; absent where it shows none. */
  readonly cve?: ScenarioCve;
}

/** A scenario, checked. */
export interface Scenario {
  /** Path without folder `scenarios/` and without suffix: the first part of a cell's id. */
  readonly name: string;
  /** Relative to the root that it was loaded with. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  readonly title: string;
  readonly source: string;
  readonly covers: readonly (number | string)[];
  /** Functions of the kernel's source that it goes through. */
  readonly functions: readonly string[];
  /** Features that every variant needs; a variant's own `requires` has all of its own. */
  readonly requires: readonly FeatureName[];
  /** Where the scenario applies at all, and why not elsewhere; null: everywhere. */
  readonly kernels: { readonly range: string; readonly because: string } | null;
  /** Objects of all variants, each once. */
  readonly objects: readonly ScenarioObject[];
  readonly axes: Readonly<Record<string, readonly string[]>>;
  /** The product of the axes less `exclude`, in the order in which the axes stand. */
  readonly variants: readonly ResolvedVariant[];
}
