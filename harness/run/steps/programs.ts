import type { StepArgs } from '../../scenario/step-schema.ts';
import type { StepContext, StepValues } from './context.ts';
import { loadObject } from './load-object.ts';
import { loadProgram, watch } from './load-program.ts';

/** Loads a whole object, or a program without attaching it; `name` makes it known to later steps. */
export async function load(ctx: StepContext, args: StepArgs<'load'>): Promise<StepValues> {
  if ('object' in args) return await loadObject(ctx, args);
  const { name, ...request } = args;
  const program = await loadProgram(ctx, request);
  if (name !== undefined) ctx.aliases.set(name, program);
  return { id: program.id };
}

/** Attaches a program to a device, in the mode that is asked for and never in another. */
export async function attach(ctx: StepContext, args: StepArgs<'attach'>): Promise<StepValues> {
  const { to, mode, counted, ...request } = args;
  const program = await loadProgram(ctx, request);
  if (counted) await watch(ctx, program, 'main', mode);
  await ctx.guest.call('attach', { program: program.handle, dev: to, mode });
  ctx.attached.set(to, mode);
  return { id: program.id };
}

/** Takes the program off a device. */
export async function detach(ctx: StepContext, args: StepArgs<'detach'>): Promise<StepValues> {
  const mode = ctx.attached.get(args.from) ?? 'native';
  await ctx.guest.call('detach', { dev: args.from, mode });
  ctx.attached.delete(args.from);
  return {};
}
