import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError } from '../../guest/agent-error.ts';
import { ADDRESS, MAC } from '../../model/topology.ts';
import type { StepOutcomes } from '../../scenario/step-results.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import { announce } from './announce.ts';
import type { CreatedMap, StepContext } from './context.ts';
import { keyHex } from './entries.ts';
import { mapOf } from './find-map.ts';
import { kernelMs, patienceMs, report, stretchedMs } from './traffic.ts';

/** Bits of `sxdp_flags` (include/uapi/linux/if_xdp.h). XDP_SHARED_UMEM is the agent's. */
const FLAGS = { copy: 2, zerocopy: 4, auto: 0, need_wakeup: 8, sg: 16 } as const;
/** Milliseconds between two tries at bind(2). */
const AGAIN_MS = 20;

/** Opens an AF_XDP socket, and makes it an entry of an xskmap where the step names one. */
export async function open(ctx: StepContext, args: StepArgs<'xsk'>): Promise<StepOutcomes['xsk']> {
  const { name, device, queue, shared, within, map, key, bind, need_wakeup, sg, ...rest } = args;
  const { chunks, chunk_size, headroom, unaligned, rx, tx } = rest;
  const mode = rest.mode ?? (shared === undefined ? 'copy' : 'auto');
  const ring = shared === undefined ? undefined : 0;
  const flags = FLAGS[mode] | (need_wakeup ? FLAGS.need_wakeup : 0) | (sg ? FLAGS.sg : 0) | rest.flags;
  const memory = { chunks, chunk_size, headroom, unaligned };
  const rings = { fill: rest.fill ?? ring, completion: rest.completion ?? ring, rx, tx };
  // A fill ring that it shares has its chunks already.
  const filled = rest.filled ?? (rings.fill === 0 ? 0 : undefined);
  const options = { name, dev: device, queue, flags, shared, ...memory, ...rings, filled, unbound: !bind };
  const call = () => ctx.guest.call('xsk_open', options);
  const opened = await whileBusy(call, kernelMs(ctx, within));
  ctx.xsks.set(name, device);
  if (map !== undefined) {
    const created = await mapOf(ctx, map);
    await enterXsk(ctx, created, keyHex(created, key, 'xsk.key'), name, 0);
  }
  return opened;
}

/** Tries again for so many milliseconds while the kernel says that the queue is taken. */
async function whileBusy<T>(call: () => Promise<T>, within: number): Promise<T> {
  const until = performance.now() + within;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const busy = error instanceof AgentError && error.failure.errno === 'EBUSY';
      if (!busy || performance.now() >= until) throw error;
      await sleep(AGAIN_MS);
    }
  }
}

/** Opens an AF_XDP socket in copy mode with everything at its default, and returns its name. */
export async function openPlain(
  ctx: StepContext,
  { xdp: dev, queue }: { readonly xdp: string; readonly queue: number },
): Promise<string> {
  const name = `socket_${ctx.xsks.size}`;
  await ctx.guest.call('xsk_open', { name, dev, queue, flags: FLAGS.copy });
  ctx.xsks.set(name, dev);
  return name;
}

/** Makes a socket an entry of an xskmap. */
export async function enterXsk(
  ctx: StepContext,
  { handle }: CreatedMap,
  key: string,
  xsk: string,
  flags: number,
): Promise<void> {
  await ctx.guest.call('map_socket', { map: handle, key, kind: 'xsk', xsk, flags });
}

/** Hands free chunks to the kernel. */
export async function fill(ctx: StepContext, args: StepArgs<'xsk_fill'>): Promise<StepOutcomes['xsk_fill']> {
  const { socket: name, count } = args;
  return ctx.guest.call('xsk_fill', { name, count });
}

/** Takes frames out of the rx ring. */
export async function receive(
  ctx: StepContext,
  args: StepArgs<'xsk_receive'>,
): Promise<StepOutcomes['xsk_receive']> {
  const { socket: name, ...rest } = args;
  const within = stretchedMs(rest.within);
  const options = { timeoutMs: patienceMs(within), background: true };
  return ctx.guest.call('xsk_receive', { name, ...rest, within }, options);
}

/** Exactly `count` frames through the tx ring. */
export async function send(ctx: StepContext, args: StepArgs<'xsk_send'>): Promise<StepOutcomes['xsk_send']> {
  const { socket: name, on, ...rest } = args;
  const { count, size, flows, first_flow: firstFlow } = args;
  // The frames are those of step `send`.
  await announce(ctx, { source: 'packet', on, count, size, flows, firstFlow });
  const addresses = { dst_mac: MAC.rx, src_ip: ADDRESS.source, dst_ip: ADDRESS.destination };
  const answer = await ctx.guest.call(
    'xsk_send',
    { name, dev: on, ...addresses, ...rest },
    { timeoutMs: patienceMs(count), background: true },
  );
  return { ...report(ctx, 'xsk', on, count, answer), completed: answer.completed };
}

/** Closes an AF_XDP socket. */
export async function close(
  ctx: StepContext,
  args: StepArgs<'xsk_close'>,
): Promise<StepOutcomes['xsk_close']> {
  await ctx.guest.call('xsk_close', { name: args.socket });
  return {};
}
