import { makeWireRoutes } from '../../guest/wire-routes.ts';
import { ADDRESS, BOTH_ENDS } from '../../model/topology.ts';
import type { SourceReport } from '../../model/observations.ts';
import { NO_PLACE } from '../../scenario/places.ts';
import type { StepOutcomes } from '../../scenario/step-results.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import { announceUnknown } from './announce-frames.ts';
import type { StepContext } from './context.ts';
import { stretchedMs } from './traffic.ts';

/** Longest time for what a step sends apart from its own `within`, in milliseconds. */
const PATIENCE_MS = 60_000;
/** Under emulation a MB per second is slow. */
const BYTES_PER_MS = 1000;

const FROM_TX = { dev: 'tx', src_ip: ADDRESS.client, dst_ip: ADDRESS.destination } as const;

/** TCP connections from `tx` to the stack behind `rx`. */
export async function tcp(ctx: StepContext, args: StepArgs<'tcp'>): Promise<StepOutcomes['tcp']> {
  const { bytes, connections, port, cpu } = args;
  const within = stretchedMs(args.within);
  await joinEnds(ctx);
  await announceUnknown(ctx, { source: 'tcp', on: 'tx' }, 'segments of TCP have no numbers');
  await ctx.guest.call('tcp_listen', { ip: ADDRESS.destination, port });
  const timeoutMs = PATIENCE_MS + within + (bytes * connections) / BYTES_PER_MS;
  const sending = ctx.generator.call(
    'tcp_connect',
    { ...FROM_TX, port, bytes, connections, within, cpu },
    { timeoutMs, background: true },
  );
  const [client] = await Promise.allSettled([sending]);
  const { accepted, received_bytes } = await ctx.guest.call('tcp_close', { port });
  if (client.status === 'rejected') throw client.reason;
  const { connected, sent_bytes, error } = client.value;
  report(ctx, { source: 'tcp', requested: 0, sent: 0, errors: 0, uncounted: true });
  return { connected, accepted, sent_bytes, received_bytes, error };
}

/** ICMP echo requests from `tx` to the stack behind `rx`. */
export async function ping(ctx: StepContext, args: StepArgs<'ping'>): Promise<StepOutcomes['ping']> {
  const { count } = args;
  const within = stretchedMs(args.within);
  await joinEnds(ctx);
  await announceUnknown(ctx, { source: 'ping', on: 'tx' }, 'echo requests have no numbers');
  const { sent, errors, replies, duplicates } = await ctx.generator.call(
    'ping',
    { ...FROM_TX, ...args, within },
    { timeoutMs: PATIENCE_MS + within + count, background: true },
  );
  report(ctx, { source: 'ping', requested: count, sent, errors });
  return { sent, errors, replies, duplicates };
}

function joinEnds(ctx: StepContext): Promise<void> {
  return ctx.once('wire routes', async () => {
    if (ctx.guest === ctx.generator || ctx.topology !== 'link') return makeWireRoutes(ctx.guest, BOTH_ENDS);
    await Promise.all([makeWireRoutes(ctx.guest, ['rx']), makeWireRoutes(ctx.generator, ['tx'])]);
  });
}

function report(ctx: StepContext, what: Omit<SourceReport, 'on' | 'pps' | 'as' | 'line'>): void {
  const { as = null, place = NO_PLACE } = ctx.step ?? {};
  const where = place === NO_PLACE ? {} : { line: place.line };
  ctx.sources.push({ on: 'tx', pps: 0, as, ...where, ...what });
}
