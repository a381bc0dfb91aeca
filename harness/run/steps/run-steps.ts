import type { StepResult } from '../../model/observations.ts';
import { plainText } from '../../oracle/cel-values.ts';
import { refusalOf } from '../../guest/verifier-log.ts';
import { shortfall } from '../../oracle/shortfall.ts';
import { linePrefix } from '../../scenario/places.ts';
import type { PlainStep, Step } from '../../scenario/scenario.ts';
import type { StepOutcomes } from '../../scenario/step-results.ts';
import type { StepArgs, StepKind } from '../../scenario/step-schema.ts';
import { kernelErrno, StepFailure, type StepContext, type StepValues } from './context.ts';
import * as attach from './attach.ts';
import * as entries from './entries.ts';
import * as exec from './exec.ts';
import * as fault from './fault.ts';
import * as hold from './hold.ts';
import * as kthreads from './kthreads.ts';
import * as maps from './maps.ts';
import * as misc from './misc.ts';
import * as packets from './packets.ts';
import * as programs from './programs.ts';
import * as stackTraffic from './stack-traffic.ts';
import * as testRun from './test-run.ts';
import * as traffic from './traffic.ts';
import * as xsk from './xsk.ts';

/** How each kind of step is done. */
const DO: { readonly [K in StepKind]: (ctx: StepContext, args: StepArgs<K>) => Promise<StepOutcomes[K]> } = {
  cpumap: maps.cpumap,
  map: maps.map,
  fill: entries.fill,
  update: maps.update,
  lookup: maps.lookup,
  delete: maps.remove,
  lookup_and_delete: maps.take,
  map_batch: maps.batch,
  next_key: maps.nextKey,
  close: maps.close,
  info: maps.info,
  kthreads: kthreads.kthreads,
  gone: kthreads.gone,
  sched: kthreads.sched,
  stall: misc.stall,
  release: hold.release,
  cpu: misc.cpu,
  rlimit: misc.rlimit,
  enqueued: misc.enqueued,
  dequeued: misc.dequeued,
  hold: hold.hold,
  held: hold.held,
  runnable: hold.runnable,
  fault: fault.fault,
  load: programs.load,
  attach: attach.attach,
  detach: attach.detach,
  frames: traffic.frames,
  pktgen: traffic.pktgen,
  send: traffic.send,
  udp: traffic.udp,
  tcp: stackTraffic.tcp,
  ping: stackTraffic.ping,
  live: traffic.live,
  packets: packets.packets,
  xsk: xsk.open,
  xsk_fill: xsk.fill,
  xsk_receive: xsk.receive,
  xsk_send: xsk.send,
  xsk_close: xsk.close,
  test_run: testRun.testRun,
  join: traffic.join,
  pending: traffic.pending,
  wait: misc.wait,
  exec: exec.exec,
  write: misc.write,
  read: misc.read,
};

/**
 * Does steps in order. A refusal by the kernel is the result of a step that has `as`, and a `StepFailure` elsewhere.
 * A lost guest (`GuestFailure`) and a wrong request (`AgentError`) pass through.
 */
export async function runSteps(ctx: StepContext, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step.kind !== 'repeat') await startStep(ctx, step);
    else if (step.background) ctx.start(own => repeat(own, step.args), null);
    else await repeat(ctx, step.args);
  }
}

async function repeat(
  ctx: StepContext,
  { times, steps }: { readonly times: number; readonly steps: readonly PlainStep[] },
): Promise<void> {
  for (let time = 0; time < times; time += 1) await runSteps(ctx, steps);
}

async function startStep(ctx: StepContext, step: PlainStep): Promise<void> {
  if (step.background) ctx.start(own => runStep(own, step), step.as);
  else await runStep(ctx, step);
}

async function runStep(ctx: StepContext, step: PlainStep): Promise<void> {
  if (step.as === null) await performStep(ctx, step);
  else ctx.results[step.as] = await resultOf(ctx, step);
}

/**
 * Does one step that has to succeed, and returns its values. Throws `StepFailure` for what the kernel refuses, and for what does not
 * come to what the step says; else as {@link runSteps} does.
 */
export async function performStep(ctx: StepContext, step: PlainStep): Promise<StepValues> {
  try {
    const values = await act(ctx, step);
    const missed = unfulfilled(step, values);
    if (missed !== null) throw new StepFailure(missed, null);
    return values;
  } catch (error) {
    if (error instanceof StepFailure) throw located(error, step);
    const { errno, failure } = kernelErrno(error);
    const { where, message, log } = failure;
    const said = log === null ? null : refusalOf(log);
    const text = `${nameOf(step)}: the kernel refused ${where}: ${errno} (${message})`;
    throw new StepFailure(`${text}${said === null ? '' : `: ${said}`}`, log, { errno, where });
  }
}

/** Does one step whose refusal is a result as any other. Throws as {@link runSteps} does. */
export async function resultOf(ctx: StepContext, step: PlainStep): Promise<StepResult> {
  try {
    return { errno: 'OK', ...(await act(ctx, step)) };
  } catch (error) {
    if (error instanceof StepFailure) throw located(error, step);
    const { errno, failure } = kernelErrno(error);
    return { errno, where: failure.where, log: failure.log ?? '' };
  }
}

async function act(ctx: StepContext, step: PlainStep): Promise<StepValues> {
  // The table's type says that kind and arguments belong together; TypeScript cannot follow that through a union.
  const perform = DO[step.kind] as (ctx: StepContext, args: unknown) => Promise<StepValues>;
  return await perform(ctx.during(step), step.args);
}

function located({ message, detail, refusal }: StepFailure, step: PlainStep): StepFailure {
  return new StepFailure(`${nameOf(step)}: ${message}`, detail, refusal);
}

function nameOf({ kind, place }: PlainStep): string {
  return `${linePrefix(place)}${kind}`;
}

/** What a step that has to succeed was to reach and did not; null for any other. */
function unfulfilled(step: PlainStep, values: StepValues): string | null {
  if (step.kind === 'exec') return exec.unexpectedEnd(step.args, values);
  if (step.kind === 'gone' && values['gone'] !== true)
    return `the kernel has not freed it after ${step.args.within} ms`;
  if (step.kind === 'kthreads' && step.args.count !== undefined && values['count'] !== step.args.count) {
    const names = Array.isArray(values['names']) ? values['names'].join(', ') : '';
    return `map \`${step.args.map}\` has ${plainText(values['count'])} threads after ${step.args.within} ms, not ${step.args.count} (${names})`;
  }
  return shortfall(step, values)?.text ?? null;
}
