import { ChannelLostError } from '../guest/agent-error.ts';
import type { Testbed } from '../guest/testbed.ts';
import type { Kernel } from '../model/kernel.ts';
import { plainText } from '../oracle/cel-values.ts';
import { NAMES } from '../oracle/subjects.ts';
import type { CellArtifacts } from '../run/artifacts.ts';
import { checkAttachments } from '../run/check-attach.ts';
import { checkSteps } from '../run/check-steps.ts';
import type { ProgramIndex } from '../run/programs.ts';
import { CellState, StepContext, StepFailure, type Refusal } from '../run/steps/context.ts';
import { performStep, resultOf } from '../run/steps/run-steps.ts';
import { readStep, type AnyStep } from '../scenario/pieces.ts';
import type { PlainStep } from '../scenario/scenario.ts';
import type { Stage } from '../scenario/stage.ts';
import type { StepOutcomes } from '../scenario/step-results.ts';
import type { StepKind } from '../scenario/step-schema.ts';
import { BpfrigError } from '../util/errors.ts';
import { GuestFailure } from '../vm/failure.ts';
import { ExpectationError } from './expectation-error.ts';

/** The kind of a step, by its one key. */
export type KindOf<S extends AnyStep> = Extract<keyof S, StepKind>;

/** A refusal as a result. */
export interface RefusedStep extends Refusal {
  /** The verifier's log or the like; empty where there is none. */
  readonly log: string;
}

/** What a guest is driven with. */
export interface DriverParts {
  readonly bed: Testbed;
  readonly kernel: Kernel;
  readonly stage: Stage;
  readonly index: ProgramIndex;
  readonly artifacts: CellArtifacts;
}

/** Does steps in a guest, each checked and done as one of a scenario file. */
export class Driver {
  readonly bed: Testbed;
  readonly kernel: Kernel;
  readonly stage: Stage;
  readonly index: ProgramIndex;
  readonly ctx: StepContext;
  /** Called before each step; it is done after that. */
  beforeStep: (step: PlainStep) => Promise<void> = async () => undefined;
  readonly #done: PlainStep[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #lost: GuestFailure | null = null;
  #ended = false;

  constructor({ bed, kernel, stage, index, artifacts }: DriverParts) {
    this.bed = bed;
    this.kernel = kernel;
    this.stage = stage;
    this.index = index;
    const state = new CellState({}, stage.changes, artifacts);
    this.ctx = new StepContext(bed.dut, index, stage.topology, bed.generator, state);
  }

  /** Steps that were done, in the order in which they ended. */
  get done(): readonly PlainStep[] {
    return this.#done;
  }

  /** How the guest was lost, once that was thrown; null as long as it was not. */
  get lost(): GuestFailure | null {
    return this.#lost;
  }

  /** Does a step that has to succeed. */
  async step<S extends AnyStep>(input: S): Promise<StepOutcomes[KindOf<S>]> {
    const values = await this.#perform(input, step => performStep(this.ctx, step));
    return values as StepOutcomes[KindOf<S>];
  }

  /** Does a step whatever it comes to, as a command of any status. Throws what the kernel refuses. */
  async anyOutcome<S extends AnyStep>(input: S): Promise<StepOutcomes[KindOf<S>]> {
    return await this.#perform(input, async step => {
      const { errno, where, log, ...values } = await resultOf(this.ctx, step);
      if (errno === 'OK') return values as unknown as StepOutcomes[KindOf<S>];
      const refusal = { errno, where: plainText(where) };
      throw new StepFailure(
        `${step.kind}: the kernel refused ${refusal.where}: ${errno}`,
        plainText(log),
        refusal,
      );
    });
  }

  /** Does a step that the kernel has to refuse. Throws `ExpectationError` when it does not. */
  async refusal(input: AnyStep): Promise<RefusedStep> {
    return await this.#perform(
      input,
      async step => {
        const { errno, where, log } = await resultOf(this.ctx, step);
        if (errno !== 'OK') return { errno, where: plainText(where), log: plainText(log) };
        throw new ExpectationError(`${step.kind}: the kernel took it, and was expected to refuse it`);
      },
      REFUSED,
    );
  }

  /** Does work in the guest, and ends it with `GuestFailure` as soon as the guest is lost. */
  async alive<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.#ended) throw hasEnded(what);
    try {
      return await this.bed.whileAlive(work());
    } catch (error) {
      if (error instanceof GuestFailure) this.#lost = error;
      throw this.#ended && error instanceof ChannelLostError ? hasEnded(what) : error;
    }
  }

  /** Waits until every step that was begun has ended in whatever way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /** From now on nothing can be done. */
  end(): void {
    this.#ended = true;
  }

  /** Steps count as running from the moment when they are asked for: a reading that is asked for later waits for them. */
  async #perform<T>(
    input: AnyStep,
    work: (step: PlainStep) => Promise<T>,
    as: string | null = null,
  ): Promise<T> {
    const running = this.#do(input, as, work);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async #do<T>(input: AnyStep, as: string | null, work: (step: PlainStep) => Promise<T>): Promise<T> {
    const step = { ...readStep(input, this.stage, NAMES), as };
    const only = { setup: [step], traffic: [], after: [], guest: this.stage.guest };
    checkSteps(only, this.index, this.#done);
    checkAttachments(only, this.index, this.#done);
    await this.alive(step.kind, () => this.beforeStep(step));
    const result = await this.alive(step.kind, () => work(step));
    this.#done.push({ ...step, as: null });
    return result;
  }
}

/** Name of a result that nobody keeps: of a step that has one, the kernel's answer is asked for. */
const REFUSED = 'refused';

function hasEnded(what: string): BpfrigError {
  return new BpfrigError('usage', `${what}: this guest has ended`);
}
