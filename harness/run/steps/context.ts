import type { ByteOrder } from '../../arch/byte-order.ts';
import { AgentError } from '../../guest/agent-error.ts';
import type { AgentCaller } from '../../guest/protocol.ts';
import type { Hello } from '../../guest/running-guest.ts';
import type { Value } from '../../model/counters.ts';
import type { ProgramReading, SourceReport, StepResult, XdpMode } from '../../model/observations.ts';
import type { FrameField } from '../../model/frame-fields.ts';
import type { PlainStep } from '../../scenario/scenario.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import type { Topology } from '../../model/topology.ts';
import { BpfrigError } from '../../util/errors.ts';
import type { HoldPoints } from '../../vm/hold-points.ts';
import { NO_ARTIFACTS, type CellArtifacts } from '../artifacts.ts';
import type { CellHold } from './cell-hold.ts';
import { Announcements } from './announcements.ts';
import type { DeclaredMap, ProgramIndex, ProgramObject } from '../programs.ts';

/** A program that was loaded in a cell. */
export interface LoadedProgram {
  /** The agent's name of it. */
  readonly handle: string;
  readonly name: string;
  readonly id: number;
  readonly object: ProgramObject;
  /** Names of the maps that it uses, as {@link CellState.maps} has them. */
  readonly maps: readonly string[];
  /** The agent's names of the maps that hold its global variables, by section. */
  readonly globals: Readonly<Record<string, string>>;
  /** Set when it is attached or inserted, with its actions counted from then on. */
  role: ProgramReading['role'] | null;
  mode: XdpMode | null;
}

/** A map that was created in a cell. */
export interface CreatedMap {
  readonly id: number;
  /** Its key in {@link CellState.maps}: as the scenario calls it. */
  readonly name: string;
  /** The agent's name of it. */
  readonly handle: string;
  /** As the scenario wrote it or the object declares it: `cpumap`, or a number of `enum bpf_map_type`. */
  readonly type: string;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes, of one CPU. */
  readonly valueSize: number;
  /** Of the guest that has it. */
  readonly byteOrder: ByteOrder;
  /** What one of the scenario's objects says about it, its types included; null when none declares it. */
  readonly declared: DeclaredMap | null;
  /** The object whose own map it is; null for a map of the scenario's: it is the map of that name in every object. */
  readonly owner: ProgramObject | null;
}

/** An object that was loaded as a whole. */
export interface LoadedObject {
  /** Those that were loaded, by their names in the object. */
  readonly programs: ReadonlyMap<string, LoadedProgram>;
}

/** The part of a guest that steps use. */
export interface StepGuest extends AgentCaller {
  readonly hello: Hello;
  /** How many times longer than on a distribution's kernel a command may take; absent: as long as there. */
  readonly slowness?: number;
  /** What holds its CPUs; absent: it has nothing that does (the made-up guests of tests). */
  readonly holdPoints?: () => Promise<HoldPoints>;
}

/** A step that runs in the background. */
interface BackgroundStep {
  readonly work: Promise<void>;
  /** The name of its result. */
  readonly as: string | null;
  done: boolean;
}

/** Something that step `attach` has attached. */
export interface Attached {
  /** What the scenario calls it: the step's `name`, else the program. */
  readonly name: string;
  /** The agent's name of it; null for XDP by netlink. */
  readonly agent: string | null;
  /** Id of the kernel's link; 0 for what is none. */
  readonly link: number;
  /** XDP: where, and the agent's name of the program. */
  readonly xdp: { readonly device: string; readonly mode: XdpMode; readonly program: string } | null;
  /** A command that has to be done first: it removes the route that has the program. */
  readonly before: readonly string[] | null;
}

/** What the steps of a cell have attached. */
interface Links {
  /** In order. */
  all: readonly Attached[];
  /** How many there were: each has a name of its own in the agent. */
  made: number;
  /** By handle: EXT programs in the place that they were loaded for. */
  readonly inPlace: Map<string, Attached>;
}

/** Failures that step `fault` has armed, by their kind. */
interface Faults {
  /** Those that were not read back yet. */
  readonly armed: Map<StepArgs<'fault'>['of'], PlainStep & { readonly kind: 'fault' }>;
  /** Kinds whose count has moved: see `recountedFaults`. */
  readonly counted: Set<StepArgs<'fault'>['of']>;
  /** Slab caches whose allocations fail. */
  readonly caches: Set<string>;
}

/** What the steps of one cell share, whether they run in turn or in the background. */
export class CellState {
  readonly maps = new Map<string, CreatedMap>();
  readonly programs = new Map<string, LoadedProgram>();
  /** Objects that were loaded as a whole. */
  readonly objects = new Map<ProgramObject, LoadedObject>();
  /** The agent's names of the maps that hold global variables, by section, for each object and each choice of their first values. */
  readonly globals = new Map<string, Readonly<Record<string, string>>>();
  /** Results by their `as`. */
  readonly results: Record<string, StepResult>;
  readonly sources: SourceReport[] = [];
  /** Steps that were started in the background, ended ones too. */
  readonly background: BackgroundStep[] = [];
  /** Mode of the program on each device that has one. */
  readonly attached = new Map<string, XdpMode>();
  /** What `attach` has attached, in order. */
  readonly links: Links = { all: [], made: 0, inPlace: new Map() };
  /** What `fault` has armed. */
  readonly faults: Faults = { armed: new Map(), counted: new Set(), caches: new Set() };
  /** What `hold` has armed, by name; also those that are over. */
  readonly holds = new Map<string, CellHold>();
  /** Scenario's own names of programs, by `load: { name }`. */
  readonly aliases = new Map<string, LoadedProgram>();
  /** AF_XDP sockets that were opened, closed ones too, by name: the device of each. */
  readonly xsks = new Map<string, string>();
  /** Work that a cell does once, by a name for it. */
  readonly once = new Map<string, Promise<void>>();
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
  readonly objects: CellState['objects'];
  readonly globals: CellState['globals'];
  readonly results: CellState['results'];
  readonly sources: CellState['sources'];
  readonly background: CellState['background'];
  readonly attached: CellState['attached'];
  readonly links: CellState['links'];
  readonly faults: CellState['faults'];
  readonly holds: CellState['holds'];
  readonly aliases: CellState['aliases'];
  readonly xsks: CellState['xsks'];
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
    this.objects = state.objects;
    this.globals = state.globals;
    this.results = state.results;
    this.sources = state.sources;
    this.background = state.background;
    this.attached = state.attached;
    this.links = state.links;
    this.faults = state.faults;
    this.holds = state.holds;
    this.aliases = state.aliases;
    this.xsks = state.xsks;
    this.changes = state.changes;
    this.artifacts = state.artifacts;
    this.step = step;
    this.#state = state;
  }

  /** The same context for one step. */
  during(step: PlainStep): StepContext {
    return new StepContext(this.guest, this.index, this.topology, this.generator, this.#state, step);
  }

  /** Of the guests. */
  get byteOrder(): ByteOrder {
    return this.index.byteOrder;
  }

  /** What the classifier at tc ingress knows of the traffic. */
  get announced(): Announcements {
    return this.#state.announced;
  }

  /** Does work once in a cell, whichever of its steps comes first; the others wait for it. */
  once(name: string, work: () => Promise<void>): Promise<void> {
    const done = this.#state.once.get(name) ?? work();
    this.#state.once.set(name, done);
    return done;
  }

  /** Begins anew: the classifier has forgotten all sources. */
  forgetSources(): void {
    this.#state.announced = new Announcements();
  }

  /** Starts work in the background: on the same cell, with requests that the agent serves alongside others. */
  start(work: (ctx: StepContext) => Promise<void>, as: string | null): void {
    const [guest, generator] = [inBackground(this.guest), inBackground(this.generator)];
    const ctx = new StepContext(guest, this.index, this.topology, generator, this.#state);
    const done = work(ctx).finally(() => (step.done = true));
    const step: BackgroundStep = { work: done, as, done: false };
    // Its failure is thrown by `join`, and must not count as unhandled until then.
    step.work.catch(() => undefined);
    this.background.push(step);
  }

  /** Throws what a background step threw that has ended, and waits for none. */
  async throwFailed(): Promise<void> {
    await Promise.all(this.background.filter(({ done }) => done).map(({ work }) => work));
  }

  /**
   * Throws `scenario` where a step is still in the background that nothing would miss: of one with `as`, an expectation reads the result, and
   * says that it has not ended.
   */
  refuseOpen(): void {
    if (this.background.every(({ done, as }) => done || as !== null)) return;
    throw new BpfrigError(
      'scenario',
      'after: a step in the background has not ended, and nothing reads its result: `join: true` behind it waits for it',
    );
  }

  /** Waits for everything in the background; throws what the first that failed threw. */
  async join(): Promise<void> {
    await Promise.all(this.background.map(({ work }) => work));
  }
}

/** The same guest, whose agent serves each request alongside others. */
function inBackground(guest: StepGuest): StepGuest {
  const { hello, slowness = 1 } = guest;
  return {
    hello,
    slowness,
    ...(guest.holdPoints === undefined ? {} : { holdPoints: guest.holdPoints.bind(guest) }),
    call: (op, args, options) => guest.call(op, args, { ...options, background: true }),
  };
}

/** A system call that the kernel refused. */
export interface Refusal {
  /** By name: `EINVAL`. */
  readonly errno: string;
  /** The system call: `bpf(BPF_PROG_LOAD)`. */
  readonly where: string;
}

/** A step that the kernel refused, or did otherwise than the step says, although the scenario did not provide for it: the cell fails. */
export class StepFailure extends BpfrigError {
  /** Null: every system call was taken, and the step did not come to what it says. */
  readonly refusal: Refusal | null;

  /** `detail`: verifier log or the like. */
  constructor(message: string, detail: string | null, refusal: Refusal | null = null) {
    super('step', message, { detail });
    this.refusal = refusal;
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
