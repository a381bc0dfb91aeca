import { setTimeout as sleep } from 'node:timers/promises';
import type { OpArgs } from '../../guest/protocol.ts';
import { testFrame } from '../../guest/frame.ts';
import type { SourceReport } from '../../model/observations.ts';
import { NO_PLACE } from '../../scenario/places.ts';
import type { Sent, StepOutcomes } from '../../scenario/step-results.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import { ADDRESS, MAC } from '../../model/topology.ts';
import { BOUNDS } from '../../scenario/bounds.ts';
import { hostPressure } from '../../util/host-pressure.ts';
import { announce } from './announce.ts';
import type { StepContext } from './context.ts';
import { loadProgram, watch } from './load-program.ts';

/** Longest time that a source may take, in milliseconds: under emulation 1,000 packets per second is slow, and a minute is patience. */
export function patienceMs(count: number): number {
  return 60_000 + count;
}

/** The `within` of a step on a host under some pressure, in milliseconds: its guests send, receive and answer more slowly. */
export function stretchedMs(within: number, pressure = hostPressure()): number {
  return Math.min(Math.round(within * pressure), BOUNDS.waitMs);
}

/**
 * The `within` of a step that waits for what the guest's kernel does by itself (frees, switches, takes out of a ring), in milliseconds: as
 * {@link stretchedMs}, and longer on a kernel whose detectors cost time.
 */
export function kernelMs({ guest }: StepContext, within: number, pressure = hostPressure()): number {
  return Math.min(Math.round(stretchedMs(within, pressure) * (guest.slowness ?? 1)), BOUNDS.waitMs);
}

/** Addresses that bring a frame sent on `tx` to the stack behind `rx`. */
const TO_RX = { dst_mac: MAC.rx, src_ip: ADDRESS.source, dst_ip: ADDRESS.destination } as const;

/**
 * Frames from pktgen, or from an AF_PACKET socket where pktgen is not safe: it keeps a reference to the skb that it sends, and
 * generic XDP behind a veth takes that skb for its own (BUG in pskb_expand_head). A virtio NIC's receiving side has its own.
 */
export async function frames(ctx: StepContext, args: StepArgs<'frames'>): Promise<StepOutcomes['frames']> {
  const shared = ctx.topology === 'veth' && ctx.attached.get(args.on === 'tx' ? 'rx' : 'tx') === 'generic';
  return shared ? send(ctx, args) : pktgen(ctx, { ...args, burst: 1, mode: 'start_xmit', commands: [] });
}

/** The kernel's packet generator. */
export async function pktgen(ctx: StepContext, args: StepArgs<'pktgen'>): Promise<StepOutcomes['pktgen']> {
  const { on, threads = 1, ...rest } = args;
  const { count, size, flows, first_flow: firstFlow, burst, dst_mac: dstMac, mode, commands } = args;
  const received = mode === 'netif_receive';
  const frame = { count, size, flows, firstFlow, dstMac };
  await announce(ctx, { source: 'pktgen', on, received, threads, burst, commands, ...frame });
  return source(ctx, 'pktgen', 'pktgen', { dev: on, threads, ...TO_RX, ...rest });
}

/** Exactly `count` frames from an AF_PACKET socket. */
export async function send(ctx: StepContext, args: StepArgs<'send'>): Promise<StepOutcomes['send']> {
  const { on, ...rest } = args;
  const { count, size, flows, first_flow: firstFlow, dst_mac: dstMac } = args;
  await announce(ctx, { source: 'packet', on, count, size, flows, firstFlow, dstMac });
  return source(ctx, 'packet', 'send', { dev: on, ...TO_RX, ...rest });
}

/** Exactly `count` datagrams from UDP sockets, one per flow. */
export async function udp(ctx: StepContext, args: StepArgs<'udp'>): Promise<StepOutcomes['udp']> {
  const { on, ...rest } = args;
  const { src_ip, dst_ip } = TO_RX;
  const { count, size, flows, first_flow: firstFlow, checksum } = args;
  await announce(ctx, { source: 'udp', on, count, size, flows, firstFlow, checksum });
  return source(ctx, 'udp', 'udp', { dev: on, ...rest, src_ip, dst_ip });
}

/** A program run over live frames, without a device's receive path. */
export async function live(ctx: StepContext, args: StepArgs<'live'>): Promise<StepOutcomes['live']> {
  const { program: name, config, maps, on, count, batch, size, cpu, priority } = args;
  const program = await loadProgram(ctx, { program: name, config, maps });
  await watch(ctx, program, 'main', 'native');
  await announce(ctx, { source: 'live', on, received: true, count, size });
  const data = testFrame(size, 0).toString('hex');
  await ctx.guest.call(
    'test_run',
    { program: program.handle, data, repeat: count, live: true, batch, dev: on, cpu, priority },
    { timeoutMs: patienceMs(count), background: true },
  );
  return report(ctx, 'live', on, count, { sent: count, errors: 0 });
}

/** Waits for all steps in the background. */
export async function join(ctx: StepContext): Promise<StepOutcomes['join']> {
  await ctx.join();
  return {};
}

/** `count`: steps in the background that have not ended; with `within`, after as many milliseconds or as soon as all have. */
export async function pending(ctx: StepContext, args: StepArgs<'pending'>): Promise<StepOutcomes['pending']> {
  if (args !== true) await endedWithin(ctx, kernelMs(ctx, args.within));
  return { count: ctx.background.filter(({ done }) => !done).length };
}

async function endedWithin(ctx: StepContext, ms: number): Promise<void> {
  const over = new AbortController();
  const late = sleep(ms, undefined, { signal: over.signal }).catch(() => undefined);
  // What a step in the background throws is thrown by the step that waits for it.
  const ended = ctx.join().catch(() => undefined);
  await Promise.race([ended, late]);
  over.abort();
}

/** The ops that send packets. */
type SourceOp = 'pktgen' | 'send' | 'udp';

async function source<N extends SourceOp>(
  ctx: StepContext,
  name: SourceReport['source'],
  op: N,
  args: OpArgs<N>,
): Promise<Sent> {
  const { dev, count } = args;
  const guest = dev === 'tx' ? ctx.generator : ctx.guest;
  const options = { timeoutMs: patienceMs(count), background: true };
  return report(ctx, name, dev, count, await guest.call(op, args, options));
}

/** Notes what a source sent, which is in the counts of the cell. */
export function report(
  ctx: StepContext,
  source: SourceReport['source'],
  on: string,
  requested: number,
  { sent, errors, pps, usec }: { sent: number; errors: number; pps?: number; usec?: number },
): Sent {
  const rate = pps ?? (usec ? Math.round((sent * 1e6) / usec) : 0);
  const { as = null, place = NO_PLACE } = ctx.step ?? {};
  const where = place === NO_PLACE ? {} : { line: place.line };
  ctx.sources.push({ source, on, requested, sent, errors, pps: rate, as, ...where });
  return { sent, errors };
}
