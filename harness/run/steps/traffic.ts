import type { AgentRequest } from '../../guest/agent-client.ts';
import { testFrame } from '../../guest/frame.ts';
import { ADDRESS } from '../../guest/topology.ts';
import type { SourceReport } from '../../model/observations.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import { MAC } from '../../vm/spec.ts';
import { defined, type StepContext, type StepValues } from './context.ts';

/** What each source answers. */
interface SourceAnswer {
  readonly sent: number;
  readonly errors: number;
  readonly pps?: number;
  readonly usec?: number;
}

/** Longest that a source may take: under emulation 1,000 packets a second is slow, and a minute is patience. */
function patienceMs(count: number): number {
  return 60_000 + count;
}

/** Addresses that bring a frame sent on `tx` to the stack behind `rx`. */
const TO_RX = { dst_mac: MAC.rx, src_ip: ADDRESS.source, dst_ip: ADDRESS.destination } as const;

/**
 * Frames from pktgen, or from an AF_PACKET socket where pktgen is not safe: it keeps a reference to the skb that it sends, and
 * generic XDP behind a veth takes that skb for its own (BUG in pskb_expand_head). A virtio NIC's receiving side has its own.
 */
export async function frames(ctx: StepContext, args: StepArgs<'frames'>): Promise<StepValues> {
  const shared = ctx.topology === 'veth' && ctx.attached.get(args.on === 'tx' ? 'rx' : 'tx') === 'generic';
  return shared ? send(ctx, args) : pktgen(ctx, { ...args, burst: 1, mode: 'start_xmit', commands: [] });
}

/** The kernel's packet generator. */
export async function pktgen(ctx: StepContext, args: StepArgs<'pktgen'>): Promise<StepValues> {
  const { on, threads = 1, ...rest } = args;
  return source(ctx, 'pktgen', on, args.count, { op: 'pktgen', threads, ...TO_RX, ...defined(rest) });
}

/** Exactly `count` frames from an AF_PACKET socket. */
export async function send(ctx: StepContext, args: StepArgs<'send'>): Promise<StepValues> {
  const { on, ...rest } = args;
  return source(ctx, 'packet', on, args.count, { op: 'send', ...TO_RX, ...defined(rest) });
}

/** Exactly `count` datagrams from UDP sockets, one a flow. */
export async function udp(ctx: StepContext, args: StepArgs<'udp'>): Promise<StepValues> {
  const { on, ...rest } = args;
  const { src_ip, dst_ip } = TO_RX;
  return source(ctx, 'udp', on, args.count, { op: 'udp', ...rest, src_ip, dst_ip });
}

/** A program run over live frames, without a device's receive path. */
export async function live(ctx: StepContext, args: StepArgs<'live'>): Promise<StepValues> {
  const { program: name, config, maps, on, count, batch, size, cpu } = args;
  const program = await ctx.loadProgram({ program: name, config, maps });
  await ctx.watch(program, 'main', 'native');
  const data = testFrame(size, 0).toString('hex');
  await ctx.guest.call(
    {
      op: 'test_run',
      program: program.handle,
      data,
      repeat: count,
      live: true,
      batch,
      dev: on,
      cpu,
      bg: true,
    },
    patienceMs(count),
  );
  return report(ctx, 'live', on, count, { sent: count, errors: 0 });
}

/** A program run over one packet that goes nowhere: `retval`. */
export async function testRun(ctx: StepContext, args: StepArgs<'test_run'>): Promise<StepValues> {
  const { program: name, config, maps, on, count, size } = args;
  const { handle } = await ctx.loadProgram({ program: name, config, maps });
  const data = testFrame(size, 0).toString('hex');
  const request = { op: 'test_run', program: handle, data, repeat: count, ...defined({ dev: on }) };
  const { retval } = await ctx.guest.call<{ retval: number }>(request, patienceMs(count));
  return { retval };
}

/** Waits for all steps in the background. */
export async function join(ctx: StepContext): Promise<StepValues> {
  await ctx.join();
  return {};
}

/** `count`: steps in the background that have not ended. */
export async function pending(ctx: StepContext): Promise<StepValues> {
  return { count: ctx.background.filter(({ done }) => !done).length };
}

async function source(
  ctx: StepContext,
  name: SourceReport['source'],
  dev: string,
  count: number,
  request: AgentRequest,
): Promise<StepValues> {
  const guest = dev === 'tx' ? ctx.generator : ctx.guest;
  const whole = { dev, ...defined(request), op: request.op, bg: true };
  return report(ctx, name, dev, count, await guest.call<SourceAnswer>(whole, patienceMs(count)));
}

function report(
  ctx: StepContext,
  source: SourceReport['source'],
  on: string,
  requested: number,
  { sent, errors, pps, usec }: { sent: number; errors: number; pps?: number; usec?: number },
): StepValues {
  const rate = pps ?? (usec ? Math.round((sent * 1e6) / usec) : 0);
  ctx.sources.push({ source, on, requested, sent, errors, pps: rate });
  return { sent, errors };
}
