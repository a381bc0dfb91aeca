import type { StepOutcomes } from '../../scenario/step-results.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import { attachedAs, attachLink, attachXdp, command, undo } from './attachments.ts';
import type { Attached, LoadedProgram, StepContext } from './context.ts';
import { linkPlace, routeCommands } from './link-place.ts';
import { loadProgram, watch } from './load-program.ts';

/** Attaches a program where the step says, or where its section does; or a map of type STRUCT_OPS. */
export async function attach(ctx: StepContext, args: StepArgs<'attach'>): Promise<StepOutcomes['attach']> {
  const { program: named, config, maps, replaces } = args;
  if (named === undefined) {
    const place = await linkPlace(ctx, args, null);
    const { link } = await attachLink(ctx, args.name ?? args.struct_ops ?? '', place);
    return { link };
  }
  const program = await loadProgram(ctx, { program: named, config, maps, replaces });
  const name = args.name ?? named;
  const { link } =
    args.to === undefined ? await elsewhere(ctx, args, program, name) : await xdp(ctx, args, program, name);
  return { id: program.id, link };
}

async function xdp(
  ctx: StepContext,
  { to = 'rx', mode = 'native', link, counted }: StepArgs<'attach'>,
  program: LoadedProgram,
  name: string,
): Promise<Attached> {
  if (counted) await watch(ctx, program, 'main', mode);
  const at = { device: to, mode, program: program.handle };
  if (link !== true) return await attachXdp(ctx, name, at);
  const place = { kind: 'xdp', program: program.handle, dev: to, mode } as const;
  return await attachLink(ctx, name, place, { xdp: at });
}

async function elsewhere(
  ctx: StepContext,
  args: StepArgs<'attach'>,
  program: LoadedProgram,
  name: string,
): Promise<Attached> {
  const { section } = ctx.index.find(program.name).program;
  const place = await linkPlace(ctx, args, section);
  if (place.kind === 'freplace' && args.replaces === undefined) return takePlace(ctx, program, name);
  const made = await attachLink(ctx, name, { ...place, program: program.handle });
  return args.route === undefined ? made : await route(ctx, made, args.route, section, place.path ?? '');
}

async function route(
  ctx: StepContext,
  pinned: Attached,
  where: NonNullable<StepArgs<'attach'>['route']>,
  section: string,
  path: string,
): Promise<Attached> {
  const { add, remove } = routeCommands(where, section, path);
  await command(ctx, add);
  const made = { ...pinned, before: remove };
  ctx.links.all = ctx.links.all.map(one => (one === pinned ? made : one));
  return made;
}

/** An EXT program takes the place that it was loaded for, once. */
export async function takePlace(ctx: StepContext, program: LoadedProgram, name: string): Promise<Attached> {
  const there = ctx.links.inPlace.get(program.handle);
  if (there !== undefined && ctx.links.all.includes(there)) return there;
  const made = await attachLink(ctx, name, { kind: 'freplace', program: program.handle });
  ctx.links.inPlace.set(program.handle, made);
  return made;
}

/** Undoes what was attached: on a device, of a program, or under a name. */
export async function detach(ctx: StepContext, args: StepArgs<'detach'>): Promise<StepOutcomes['detach']> {
  const device = 'from' in args ? args.from : null;
  const name = 'from' in args ? null : 'name' in args ? args.name : args.program;
  const found = ctx.links.all.filter(one =>
    device === null ? one.name === name : one.xdp?.device === device,
  );
  if (name !== null) attachedAs(ctx, name);
  // What the kernel says to it is the step's result.
  if (found.length === 0 && device !== null) await ctx.guest.call('detach', { dev: device, mode: 'native' });
  // The last first: a replacement before what it replaces.
  for (const one of found.toReversed()) await undo(ctx, one);
  return {};
}
