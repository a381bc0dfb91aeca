import type { ObjectTarget } from '../image/bpf-object.ts';
import type { Testbed } from '../guest/testbed.ts';
import type { Kernel } from '../model/kernel.ts';
import type { ResolvedVariant } from '../scenario/scenario.ts';
import { checkAttachments } from './check-attach.ts';
import { checkSteps } from './check-steps.ts';
import { placeConfig } from './place-config.ts';
import { indexPrograms, type ProgramIndex } from './programs.ts';
import { StepContext, type CellState } from './steps/context.ts';
import { runSteps } from './steps/run-steps.ts';

/** The compiled objects of a variant, whose steps fit them. Throws `scenario` for a source or a step that is wrong. */
export async function compileVariant(variant: ResolvedVariant, target: ObjectTarget): Promise<ProgramIndex> {
  const index = await indexPrograms(variant, target);
  checkSteps(variant, index);
  checkAttachments(variant, index);
  return index;
}

/** A variant that is ready for guests of a kernel. */
export interface PreparedVariant {
  readonly kernel: Kernel;
  readonly variant: ResolvedVariant;
  readonly index: ProgramIndex;
}

/** Does a variant's set-up in guests that have just started, and returns what its other steps go on with. Throws what the steps throw. */
export async function setUp(
  bed: Testbed,
  { kernel, variant, index }: PreparedVariant,
  state?: CellState,
): Promise<StepContext> {
  await placeConfig(
    bed.dut,
    kernel,
    index.own.map(({ contents }) => contents),
  );
  const ctx = new StepContext(bed.dut, index, variant.topology, bed.generator, state);
  await runSteps(ctx, variant.setup);
  return ctx;
}
