import type { OpArgs } from '../../guest/protocol.ts';
import { BpfrigError } from '../../util/errors.ts';
import { didYouMean } from '../../util/nearest.ts';
import { type Attached, StepFailure, type StepContext } from './context.ts';

/** Where a program is to be attached: arguments of the agent's `link_attach`. */
export type LinkPlace = Omit<OpArgs<'link_attach'>, 'name'>;

/** Attaches by the agent's `link_attach`, and remembers it. */
export async function attachLink(
  ctx: StepContext,
  name: string,
  place: LinkPlace,
  more: Partial<Pick<Attached, 'xdp' | 'before'>> = {},
): Promise<Attached> {
  const agent = `${place.kind}-${ctx.links.made}`;
  ctx.links.made += 1;
  const { link } = await ctx.guest.call('link_attach', { ...place, name: agent });
  return remember(ctx, { name, agent, link, xdp: null, before: null, ...more });
}

/** Attaches XDP by netlink, and remembers it in the mode that it has. */
export async function attachXdp(
  ctx: StepContext,
  name: string,
  request: OpArgs<'attach'>,
): Promise<Attached & { readonly xdp: NonNullable<Attached['xdp']> }> {
  const { mode } = await ctx.guest.call('attach', request);
  const xdp = { device: request.dev, program: request.program, mode };
  return remember(ctx, { name, agent: null, link: 0, xdp, before: null });
}

/** Puts another program into a link that a step has attached under a name. Throws `scenario` for what is no link. */
export async function updateLink(
  ctx: StepContext,
  name: string,
  { program, expected }: Pick<OpArgs<'link_update'>, 'program' | 'expected'>,
): Promise<Attached> {
  const one = attachedAs(ctx, name);
  if (one.agent === null)
    throw new BpfrigError('scenario', `\`${name}\` is attached by netlink: it is no link`);
  await ctx.guest.call('link_update', { name: one.agent, program, expected });
  return one;
}

/** Detaches from a device by netlink, whatever is attached there, and forgets what steps have attached there in this way. */
export async function detachXdp(ctx: StepContext, request: OpArgs<'detach'>): Promise<void> {
  await ctx.guest.call('detach', request);
  const gone = ({ agent, xdp }: Attached) =>
    agent === null && xdp?.device === request.dev && xdp.mode === request.mode;
  if (ctx.links.all.some(gone)) ctx.attached.delete(request.dev);
  ctx.links.all = ctx.links.all.filter(one => !gone(one));
}

function remember<T extends Attached>(ctx: StepContext, one: T): T {
  ctx.links.all = [...ctx.links.all, one];
  if (one.xdp !== null) ctx.attached.set(one.xdp.device, one.xdp.mode);
  return one;
}

/** Undoes an attachment, and forgets it. */
export async function undo(ctx: StepContext, one: Attached): Promise<void> {
  if (one.before !== null) await command(ctx, one.before);
  if (one.agent !== null) await ctx.guest.call('link_detach', { name: one.agent });
  else if (one.xdp !== null) await ctx.guest.call('detach', { dev: one.xdp.device, mode: one.xdp.mode });
  ctx.links.all = ctx.links.all.filter(other => other !== one);
  if (one.xdp !== null) ctx.attached.delete(one.xdp.device);
}

/** The last thing that was attached under a name. Throws `scenario` when nothing is. */
export function attachedAs(ctx: StepContext, name: string): Attached {
  const found = ctx.links.all.findLast(one => one.name === name);
  if (found !== undefined) return found;
  const known = ctx.links.all.map(one => one.name);
  const which = known.length === 0 ? 'nothing is' : `attached are ${known.join(', ')}`;
  throw new BpfrigError(
    'scenario',
    `nothing is attached as \`${name}\`${didYouMean(name, known)} (${which})`,
  );
}

/** Runs a command in the guest that has to succeed. */
export async function command(ctx: StepContext, argv: readonly string[]): Promise<void> {
  const { status, stderr } = await ctx.guest.call('exec', { argv });
  if (status !== 0)
    throw new StepFailure(`\`${argv.join(' ')}\` ended with status ${status}: ${stderr.trim()}`, stderr);
}
