import { XDP_FLAGS } from '../../scenario/attach-steps.ts';
import type { StepOutcomes } from '../../scenario/step-results.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import { attachedAs, attachLink, attachXdp, command, detachXdp, undo, updateLink } from './attachments.ts';
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
  const { link, xdp: on } =
    args.to === undefined ? await elsewhere(ctx, args, program, name) : await xdp(ctx, args, program, name);
  return { id: program.id, link, ...(on === null ? {} : { mode: on.mode }) };
}

async function xdp(
  ctx: StepContext,
  args: StepArgs<'attach'>,
  program: LoadedProgram,
  name: string,
): Promise<Attached> {
  const { to = 'rx', mode = 'native', link = false, counted } = args;
  if (counted) await watch(ctx, program, 'main', mode === 'generic' ? 'generic' : 'native');
  const expected = await handleOf(ctx, args.expected);
  if (typeof link === 'string') return await updateLink(ctx, link, { program: program.handle, expected });
  const at = { dev: to, program: program.handle, flags: flagsOf(args.flags) };
  // A link always has a mode: the schema refuses any other.
  if (!link || mode === 'default') {
    const made = await attachXdp(ctx, name, { ...at, mode, expected });
    if (counted) program.mode = made.xdp.mode;
    return made;
  }
  const xdp = { device: to, mode, program: program.handle };
  return await attachLink(ctx, name, { kind: 'xdp', ...at, mode }, { xdp });
}

function flagsOf(flags: StepArgs<'attach'>['flags']): number | undefined {
  return Array.isArray(flags) ? flags.reduce((sum, flag) => sum | XDP_FLAGS[flag], 0) : flags;
}

/** The agent's name of a program; undefined without one. */
async function handleOf(ctx: StepContext, program: string | undefined): Promise<string | undefined> {
  return program === undefined ? undefined : (await loadProgram(ctx, { program })).handle;
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
  if ('from' in args && args.mode !== undefined) {
    const expected = await handleOf(ctx, args.expected);
    await detachXdp(ctx, { dev: args.from, mode: args.mode, expected });
    return {};
  }
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
