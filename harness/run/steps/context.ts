import { AgentError } from '../../guest/agent-client.ts';
import type { RunningGuest } from '../../guest/running-guest.ts';
import type { Value } from '../../model/counters.ts';
import type { SourceReport, StepResult, XdpMode } from '../../model/observations.ts';
import { hashKey } from '../../util/hash.ts';
import { objectOf, type ProgramIndex } from '../programs.ts';

/** A program that was loaded in a cell. */
export interface LoadedProgram {
  /** The agent's name of it. */
  readonly handle: string;
  readonly name: string;
  readonly id: number;
  /** Set when it is attached or inserted, with its actions counted from then on. */
  role: 'main' | 'entry' | null;
  mode: XdpMode | null;
}

/** A map that was made in a cell. */
export interface CreatedMap {
  readonly id: number;
  readonly keySize: number;
  readonly valueSize: number;
}

/** How a program is to be loaded. */
export interface ProgramRequest {
  readonly program: string;
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** The object's maps by the scenario's names; `cpus` is bound to `cpus` without being told. */
  readonly maps?: Readonly<Record<string, string>> | undefined;
  readonly type?: string | undefined;
  readonly expected_attach?: string | undefined;
  readonly frags?: boolean | undefined;
}

/** Everything that the steps of one cell share. */
export class StepContext {
  readonly guest: RunningGuest;
  readonly index: ProgramIndex;
  readonly maps = new Map<string, CreatedMap>();
  readonly programs = new Map<string, LoadedProgram>();
  /** Results by their `as`. */
  readonly results: Record<string, StepResult> = {};
  readonly sources: SourceReport[] = [];
  /** Steps that go on in the background; they are waited for when the traffic is over. */
  readonly background: Promise<unknown>[] = [];
  /** Mode of the program on each device that has one. */
  readonly attached = new Map<string, XdpMode>();
  /** Scenario's own names of programs, by `load: { name }`. */
  readonly aliases = new Map<string, LoadedProgram>();

  constructor(guest: RunningGuest, index: ProgramIndex) {
    this.guest = guest;
    this.index = index;
  }

  /** Loads a program, or gives the one that was already loaded in just this way. */
  async loadProgram(request: ProgramRequest): Promise<LoadedProgram> {
    const alias = this.aliases.get(request.program);
    if (alias !== undefined) return alias;
    const object = objectOf(this.index, request.program);
    const maps = { ...this.#defaultBinding(object.maps), ...request.maps };
    const { program, config, type, expected_attach, frags } = request;
    const handle = `${program}-${hashKey([config, maps, type, expected_attach, frags])}`;
    const loaded = this.programs.get(handle);
    if (loaded !== undefined) return loaded;
    const options = defined({ config, type, expected_attach, frags });
    const load = { op: 'load', ...object.load, program, name: handle, maps, ...options };
    const { id } = await this.guest.call<{ id: number }>(load);
    const made: LoadedProgram = { handle, name: program, id, role: null, mode: null };
    this.programs.set(handle, made);
    return made;
  }

  /** Counts what a program returns from now on. */
  async watch(program: LoadedProgram, role: 'main' | 'entry', mode: XdpMode | null): Promise<void> {
    const first = program.role === null;
    program.role = role;
    program.mode = mode;
    if (first) await this.guest.call({ op: 'actions_start', program: program.handle });
  }

  #defaultBinding(declared: readonly string[]): Record<string, string> {
    return declared.includes('cpus') && this.maps.has('cpus') ? { cpus: 'cpus' } : {};
  }
}

/** A step that the kernel refused although the scenario did not provide for it: the cell fails. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
  /** Verifier log or the like. */
  readonly detail: string | null;

  constructor(message: string, detail: string | null) {
    super(message);
    this.detail = detail;
  }
}

/** What a step gave, beside its errno. */
export type StepValues = Readonly<Record<string, Value>>;

/** The errno of a refused system call by name; rethrows everything that is not a kernel's refusal. */
export function kernelErrno(error: unknown): { errno: string; failure: AgentError['failure'] } {
  if (error instanceof AgentError && error.failure.kind === 'kernel') {
    return { errno: error.failure.errno, failure: error.failure };
  }
  throw error;
}

/** Leaves out what is undefined. */
export function defined<T extends Record<string, unknown>>(record: T): Partial<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Partial<T>;
}
