import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError } from '../../guest/agent-error.ts';
import type { OpAnswer } from '../../guest/protocol.ts';
import type { RunningGuest } from '../../guest/running-guest.ts';
import type { Testbed } from '../../guest/testbed.ts';
import type { Kernel } from '../../model/kernel.ts';
import type { LoadCell } from '../../model/load-report.ts';
import type { BpfProgram } from '../../object/object.ts';
import { impliedType } from '../../object/program-context.ts';
import { messageOf } from '../../util/errors.ts';
import { makeWorkspace } from '../../util/workspace.ts';
import { GuestFailure } from '../../vm/failure.ts';
import type { GuestShape, GuestSource } from '../guests.ts';
import { placeConfig } from '../place-config.ts';
import { judgeLoad, lostProgram, skippedType, unopened, type LoadOutcome } from './judge-load.ts';
import { createdMaps, slotPrograms } from './needed-maps.ts';
import type { LoadObject } from './read-objects.ts';

/** Programs of an object that one guest loads. */
export interface LoadWork {
  readonly object: LoadObject;
  readonly programs: readonly BpfProgram[];
}

/** What a kernel's programs are loaded with. */
export interface VerifyEnvironment {
  readonly guests: Pick<GuestSource, 'start'>;
  readonly shape: GuestShape;
  readonly signal: AbortSignal;
  /** Receives the whole log of each program that is not loaded; null: the end of a log is enough. */
  readonly onLog: ((cell: LoadCell, log: string) => Promise<void>) | null;
}

/** Longest time for one program. The verifier gives up at a million instructions, which takes up to half a minute under emulation. */
const VERIFY_MS = 180_000;

/** Guests that programs of one kernel may take with them; those that are left then are not tried. */
const MOST_LOST = 3;

/** The whole log of a program, at most: that of the largest buffer which a kernel takes. */
const WHOLE_LOG = (1 << 24) - 1;

/** Loads programs on a kernel, one after another, in a guest of their own. Throws only when the run is aborted. */
export async function verifyOn(
  kernel: Kernel,
  work: readonly LoadWork[],
  environment: VerifyEnvironment,
): Promise<LoadCell[]> {
  const turn = new KernelTurn(kernel, work, environment);
  while (turn.isOpen) await turn.withGuest();
  return turn.cells;
}

/** The programs of one kernel, from guest to guest: a guest that is lost takes one program with it. */
class KernelTurn {
  readonly cells: LoadCell[] = [];
  readonly #kernel: Kernel;
  readonly #environment: VerifyEnvironment;
  readonly #left: { readonly object: LoadObject; readonly program: BpfProgram }[];
  #lost = 0;

  constructor(kernel: Kernel, work: readonly LoadWork[], environment: VerifyEnvironment) {
    this.#kernel = kernel;
    this.#environment = environment;
    this.#left = work.flatMap(({ object, programs }) => programs.map(program => ({ object, program })));
  }

  get isOpen(): boolean {
    return this.#left.length > 0;
  }

  /** Loads what is left until the guest is lost. */
  async withGuest(): Promise<void> {
    await using workspace = await makeWorkspace();
    const dir = join(workspace.dir, 'guest');
    let bed: Testbed;
    try {
      await mkdir(dir);
      bed = await this.#environment.guests.start(this.#kernel, this.#environment.shape, { dir });
    } catch (error) {
      this.#environment.signal.throwIfAborted();
      return this.#giveUp(error);
    }
    await using _ = bed;
    try {
      await this.#loadAll(bed.dut);
    } catch (error) {
      this.#environment.signal.throwIfAborted();
      this.#loseOne(error);
    }
  }

  async #loadAll(guest: RunningGuest): Promise<void> {
    let held: LoadObject | null = null;
    let types: ReadonlyMap<string, string> | LoadOutcome = new Map<string, string>();
    for (let next = this.#left[0]; next !== undefined; next = this.#left[0]) {
      const { object, program } = next;
      if (held !== object) types = await holdObject(guest, object, this.#kernel);
      held = object;
      const type = impliedType(object.contents, program);
      const outcome =
        'state' in types ? types : type === null ? skippedType(types.get(program.name) ?? '') : null;
      await this.#end(outcome ?? (await this.#verify(guest, object, program)));
    }
  }

  async #verify(
    guest: RunningGuest,
    object: LoadObject,
    program: BpfProgram,
  ): Promise<LoadOutcome & { log: string }> {
    const whole = this.#environment.onLog === null ? {} : { log_bytes: WHOLE_LOG };
    const slots = slotPrograms(object.contents, program);
    const type = impliedType(object.contents, program);
    const request = {
      program: program.name,
      maps: createdMaps(object.contents, program),
      slots,
      ...(type === null ? {} : { type }),
      ...whole,
    };
    try {
      const answer = await guest.call('verify', request, { timeoutMs: VERIFY_MS });
      return { ...judgeLoad(answer), log: wholeLog(answer) };
    } catch (error) {
      // The agent could not ask the kernel; the guest is fine.
      if (error instanceof AgentError) return { ...lossOutcome(error), log: '' };
      throw error;
    }
  }

  /** The program that was being loaded has its outcome. */
  async #end({ log = '', ...outcome }: LoadOutcome & { readonly log?: string }): Promise<void> {
    const next = this.#left.shift();
    if (next === undefined) return;
    const cell = this.#cell(next.object, next.program, outcome);
    this.cells.push(cell);
    if (outcome.state !== 'loaded' && log !== '') await this.#environment.onLog?.(cell, log);
  }

  #cell({ file }: LoadObject, { name }: BpfProgram, outcome: LoadOutcome): LoadCell {
    return { kernel: this.#kernel.id, file_name: file.name, prog_name: name, ...outcome };
  }

  /** The guest was lost over a program, or what it says is nonsense. */
  #loseOne(error: unknown): void {
    const next = this.#left.shift();
    this.#lost += 1;
    if (next !== undefined) this.cells.push(this.#cell(next.object, next.program, lossOutcome(error)));
    if (this.#lost >= MOST_LOST) this.#giveUp(new Error(`not tried after ${MOST_LOST} lost guests`));
  }

  /** Nothing that is left can be tried. */
  #giveUp(error: unknown): void {
    const outcome = lossOutcome(error);
    for (const { object, program } of this.#left.splice(0))
      this.cells.push(this.#cell(object, program, outcome));
  }
}

/** Sends an object to the guest. Returns the types of its programs, or what becomes of all of them. */
async function holdObject(
  guest: RunningGuest,
  { contents, data }: LoadObject,
  kernel: Kernel,
): Promise<ReadonlyMap<string, string> | LoadOutcome> {
  try {
    await placeConfig(guest, kernel, [contents]);
    const { programs } = await guest.call('verify_object', { object_data: data }, { timeoutMs: VERIFY_MS });
    return new Map(programs.map(({ name, type }) => [name, type]));
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    const { where, message } = error.failure;
    return where === 'bpf_object__open_mem' ? unopened(message, error.detail) : lossOutcome(error);
  }
}

function wholeLog({ stats, log, printed }: OpAnswer<'verify'>): string {
  const parts = [log, stats, printed === '' ? '' : `libbpf's words:\n${printed}`];
  return parts.filter(part => part !== '').join('\n');
}

/** A kernel that panicked, hung or killed the agent is to blame; whatever else was lost is not its doing. */
function lossOutcome(error: unknown): LoadOutcome {
  const crashed = error instanceof GuestFailure && ['panic', 'hang', 'fail'].includes(error.kind);
  const lines = error instanceof GuestFailure ? error.consoleTail : [];
  return lostProgram(crashed ? 'crashed' : 'lost', messageOf(error), lines);
}
