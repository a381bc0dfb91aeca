import { AgentError } from '../../guest/agent-error.ts';
import type { AgentCaller } from '../../guest/protocol.ts';
import type { Hello } from '../../guest/running-guest.ts';
import type { Value } from '../../model/counters.ts';
import type { SourceReport, StepResult, XdpMode } from '../../model/observations.ts';
import type { FrameField } from '../../model/frame-fields.ts';
import type { PlainStep } from '../../scenario/scenario.ts';
import type { Topology } from '../../model/topology.ts';
import { BpfrigError } from '../../util/errors.ts';
import { NO_ARTIFACTS, type CellArtifacts } from '../artifacts.ts';
import { Announcements } from './announcements.ts';
import type { ProgramIndex, ProgramObject } from '../programs.ts';

/** A program that was loaded in a cell. */
export interface LoadedProgram {
  /** The agent's name of it. */
  readonly handle: string;
  readonly name: string;
  readonly id: number;
  /** From one of the scenario's objects. */
  readonly own: boolean;
  /** The agent's names of the maps that it uses. */
  readonly maps: readonly string[];
  /** Set when it is attached or inserted, with its actions counted from then on. */
  role: 'main' | 'entry' | null;
  mode: XdpMode | null;
}

/** A map that was created in a cell. */
export interface CreatedMap {
  readonly id: number;
  /** As the scenario wrote it or the object declares it: `cpumap`, or a number of `enum bpf_map_type`. */
  readonly type: string;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes. */
  readonly valueSize: number;
  /** The object whose own map it is; null for a map of the scenario's: it is the map of that name in every object. */
  readonly owner: ProgramObject | null;
}

/** The part of a guest that steps use. */
export interface StepGuest extends AgentCaller {
  readonly hello: Hello;
}

/** A step that runs in the background. */
interface BackgroundStep {
  readonly work: Promise<void>;
  done: boolean;
}

/** What the steps of one cell share, whether they run in turn or in the background. */
export class CellState {
  readonly maps = new Map<string, CreatedMap>();
  readonly programs = new Map<string, LoadedProgram>();
  /** Results by their `as`. */
  readonly results: Record<string, StepResult>;
  readonly sources: SourceReport[] = [];
  /** Steps that were started in the background, ended ones too. */
  readonly background: BackgroundStep[] = [];
  /** Mode of the program on each device that has one. */
  readonly attached = new Map<string, XdpMode>();
  /** Scenario's own names of programs, by `load: { name }`. */
  readonly aliases = new Map<string, LoadedProgram>();
  /** What programs of the scenario change in frames. */
  readonly changes: readonly FrameField[];
  /** Where steps leave files. */
  readonly artifacts: CellArtifacts;
  /** What the classifier at tc ingress knows of the traffic. */
  announced = new Announcements();

  /** `results`: where the results of steps are kept. */
  constructor(
    results: Record<string, StepResult> = {},
    changes: readonly FrameField[] = [],
    artifacts: CellArtifacts = NO_ARTIFACTS,
  ) {
    this.results = results;
    this.changes = changes;
    this.artifacts = artifacts;
  }
}

/** What a step works with: the guests, through which it sends requests, and the state of its cell. */
export class StepContext {
  readonly guest: StepGuest;
  /** Where device `tx` is: `guest` itself, or the other one of topology `link`. */
  readonly generator: StepGuest;
  readonly index: ProgramIndex;
  readonly topology: Topology;
  readonly maps: CellState['maps'];
  readonly programs: CellState['programs'];
  readonly results: CellState['results'];
  readonly sources: CellState['sources'];
  readonly background: CellState['background'];
  readonly attached: CellState['attached'];
  readonly aliases: CellState['aliases'];
  readonly changes: CellState['changes'];
  readonly artifacts: CellState['artifacts'];
  readonly #state: CellState;
  /** The step that is done with this context; null before the first. */
  readonly step: PlainStep | null;

  /** `state` is that of a context which works on the same cell; without it, a cell begins. */
  constructor(
    guest: StepGuest,
    index: ProgramIndex,
    topology: Topology,
    generator = guest,
    state: CellState = new CellState(),
    step: PlainStep | null = null,
  ) {
    this.guest = guest;
    this.generator = generator;
    this.index = index;
    this.topology = topology;
    this.maps = state.maps;
    this.programs = state.programs;
    this.results = state.results;
    this.sources = state.sources;
    this.background = state.background;
    this.attached = state.attached;
    this.aliases = state.aliases;
    this.changes = state.changes;
    this.artifacts = state.artifacts;
    this.step = step;
    this.#state = state;
  }

  /** The same context for one step. */
  during(step: PlainStep): StepContext {
    return new StepContext(this.guest, this.index, this.topology, this.generator, this.#state, step);
  }

  /** What the classifier at tc ingress knows of the traffic. */
  get announced(): Announcements {
    return this.#state.announced;
  }

  /** Begins anew: the classifier has forgotten all sources. */
  forgetSources(): void {
    this.#state.announced = new Announcements();
  }

  /** Starts work in the background: on the same cell, with requests that the agent serves alongside others. */
  start(work: (ctx: StepContext) => Promise<void>): void {
    const [guest, generator] = [inBackground(this.guest), inBackground(this.generator)];
    const ctx = new StepContext(guest, this.index, this.topology, generator, this.#state);
    const step: BackgroundStep = { work: work(ctx).finally(() => (step.done = true)), done: false };
    // Its failure is thrown by `join`, and must not count as unhandled until then.
    step.work.catch(() => undefined);
    this.background.push(step);
  }

  /** Throws what a background step threw that has ended, and waits for none. */
  async throwFailed(): Promise<void> {
    await Promise.all(this.background.filter(({ done }) => done).map(({ work }) => work));
  }

  /** Waits for everything in the background; throws what the first that failed threw. */
  async join(): Promise<void> {
    await Promise.all(this.background.map(({ work }) => work));
  }
}

/** The same guest, whose agent serves each request alongside others. */
function inBackground(guest: StepGuest): StepGuest {
  return {
    hello: guest.hello,
    call: (op, args, options) => guest.call(op, args, { ...options, background: true }),
  };
}

/** A step that the kernel refused, or did otherwise than the step says, although the scenario did not provide for it: the cell fails. */
export class StepFailure extends BpfrigError {
  /** `detail`: verifier log or the like. */
  constructor(message: string, detail: string | null) {
    super('step', message, { detail });
  }
}

/** What a step returned, apart from its errno. */
export type StepValues = Readonly<Record<string, Value>>;

/** The errno of a refused system call by name; rethrows everything that is not a kernel's refusal. */
export function kernelErrno(error: unknown): { errno: string; failure: AgentError['failure'] } {
  if (error instanceof AgentError && error.failure.kind === 'kernel') {
    return { errno: error.failure.errno, failure: error.failure };
  }
  throw error;
}
