import type { StepOutcomes } from '../../scenario/step-results.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import type { StepContext } from './context.ts';
import { takePlace } from './attach.ts';
import { loadObject } from './load-object.ts';
import { loadProgram } from './load-program.ts';

/** Loads a whole object, or a program without attaching it; `name` makes it known to later steps. */
export async function load(ctx: StepContext, args: StepArgs<'load'>): Promise<StepOutcomes['load']> {
  if ('object' in args) return await loadObject(ctx, args);
  const { name, ...request } = args;
  const program = await loadProgram(ctx, request);
  if (name !== undefined) ctx.aliases.set(name, program);
  // Its place is part of its load; there is nothing else that could be done with it.
  if (request.type === 'ext') await takePlace(ctx, program, name ?? request.program);
  return { id: program.id };
}
