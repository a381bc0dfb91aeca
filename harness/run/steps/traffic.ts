import { testFrame } from '../../guest/frame.ts';
import { ADDRESS } from '../../guest/topology.ts';
import type { SourceReport } from '../../model/observations.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import { MAC } from '../../vm/spec.ts';
import type { StepContext, StepValues } from './context.ts';

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

/** The kernel's packet generator. */
export async function pktgen(ctx: StepContext, args: StepArgs<'pktgen'>): Promise<StepValues> {
  const { on, background, threads = 1, ...rest } = args;
  const request = { op: 'pktgen', dev: on, threads, ...TO_RX, ...rest, bg: true };
  return source(ctx, 'pktgen', on, args.count, background, () =>
    ctx.guest.call(request, patienceMs(args.count)),
  );
}

/** Exactly `count` frames from an AF_PACKET socket. */
export async function send(ctx: StepContext, args: StepArgs<'send'>): Promise<StepValues> {
  const { on, background, ...rest } = args;
  const request = { op: 'send', dev: on, ...TO_RX, ...rest, bg: true };
  return source(ctx, 'packet', on, args.count, background, () =>
    ctx.guest.call(request, patienceMs(args.count)),
  );
}

/** A program run over live frames, without a device's receive path. */
export async function live(ctx: StepContext, args: StepArgs<'live'>): Promise<StepValues> {
  const { program: name, on, count, batch, size, cpu } = args;
  const program = await ctx.loadProgram({ program: name });
  await ctx.watch(program, 'main', 'native');
  const data = testFrame(size, 0).toString('hex');
  const request = {
    op: 'test_run',
    program: program.handle,
    data,
    repeat: count,
    live: true,
    batch,
    dev: on,
    cpu,
  };
  return source(ctx, 'live', on, count, false, async () => {
    await ctx.guest.call({ ...request, bg: true }, patienceMs(count));
    return { sent: count, errors: 0 };
  });
}

async function source(
  ctx: StepContext,
  name: SourceReport['source'],
  on: string,
  requested: number,
  background: boolean,
  start: () => Promise<SourceAnswer>,
): Promise<StepValues> {
  const done = start().then(({ sent, errors, pps, usec }) => {
    const rate = pps ?? (usec ? Math.round((sent * 1e6) / usec) : 0);
    ctx.sources.push({ source: name, on, requested, sent, errors, pps: rate });
    return { sent, errors };
  });
  if (!background) return done;
  // Its failure is thrown where it is waited for, and must not count as unhandled until then.
  done.catch(() => undefined);
  ctx.background.push(done);
  return {};
}
