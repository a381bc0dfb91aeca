import { AgentError } from '../../guest/agent-error.ts';
import {
  findFunctions,
  onlyFunction,
  type FoundFunctions,
  type FunctionRange,
} from '../../guest/kernel-function.ts';
import { shortfall } from '../../oracle/shortfall.ts';
import { linePrefix, NO_PLACE } from '../../scenario/places.ts';
import { COUNTED_ONCE } from '../../scenario/recounted-faults.ts';
import type { StepOutcomes } from '../../scenario/step-results.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import { BpfrigError, messageOf } from '../../util/errors.ts';
import { StepFailure, type StepContext } from './context.ts';

type FaultArgs = StepArgs<'fault'>;
type FaultKind = FaultArgs['of'];

/** Folders of lib/fault-inject.c's attributes: mm/failslab.c, mm/fail_page_alloc.c. */
const FOLDERS: Readonly<Record<FaultKind, string>> = {
  slab: '/sys/kernel/debug/failslab',
  pages: '/sys/kernel/debug/fail_page_alloc',
};

/** Callers that are looked at: MAX_STACK_TRACE_DEPTH. */
const DEPTH = 32;

/** How many failures of a cell the kernel prints, each with its stack: a serial port is slow. Jiffies, whatever the file's name says: hours. */
const [PRINTED, SILENT] = [10, 3_600_000];

/**
 * Lets allocations fail from now on. The one of the same kind that was armed before is read back first.
 *
 * Throws `scenario` for a kernel without fault injection, a function that is not in it or not just once, and a slab cache that does not exist or
 * is shared; `StepFailure` when the one before was not injected as often as it says.
 */
export async function fault(ctx: StepContext, args: FaultArgs): Promise<StepOutcomes['fault']> {
  const { of, nth, times, cache, order } = args;
  const { step } = ctx;
  await settleOneBefore(ctx, of);
  if (nth > 1 && ctx.faults.counted.has(of))
    throw mistake(ctx, `\`nth: ${nth}\` after another one of \`of: ${of}\`: ${COUNTED_ONCE}`);
  await set(ctx, of, { probability: 0 });
  const { required, rejected } = args.in === undefined ? ANYWHERE : await rangesOf(ctx, args.in);
  if (of === 'slab') await chooseCache(ctx, cache ?? null);
  await set(ctx, of, {
    'require-start': hex(required?.start ?? null),
    'require-end': hex(required?.end ?? LAST),
    'reject-start': hex(rejected?.start ?? null),
    'reject-end': hex(rejected?.end ?? null),
    'stacktrace-depth': DEPTH,
    'task-filter': 'N',
    // Most allocations may wait for memory to be reclaimed; by default, none of those fails.
    'ignore-gfp-wait': 'N',
    ...(of === 'slab'
      ? { 'cache-filter': cache === undefined ? 'N' : 'Y' }
      : { 'ignore-gfp-highmem': 'N', 'min-order': order ?? 0 }),
    verbose: 2,
    verbose_ratelimit_interval_ms: SILENT,
    verbose_ratelimit_burst: PRINTED,
    space: 0,
    interval: nth,
    times,
    // Last: this arms it.
    probability: 100,
  });
  if (nth > 1) ctx.faults.counted.add(of);
  if (step?.kind === 'fault') ctx.faults.armed.set(of, step);
  return {};
}

/**
 * Reads back how often each armed fault was injected, into the results of steps with `as`, and disarms them. Throws `StepFailure` for one without
 * `as` that was not injected as often as it says; of the others, expectations are to read it.
 */
export async function settleFaults(ctx: StepContext): Promise<void> {
  const missed: string[] = [];
  // Each is taken out of the map meanwhile, which its iterator allows.
  for (const of of ctx.faults.armed.keys()) missed.push(...(await settle(ctx, of)));
  if (missed.length > 0) throw new StepFailure(missed.join('; '), null);
}

async function settleOneBefore(ctx: StepContext, of: FaultKind): Promise<void> {
  const [missed] = await settle(ctx, of);
  if (missed !== undefined) throw new StepFailure(`the one before: ${missed}`, null);
}

/** What is wrong with the fault of a kind that was armed, with its line; empty where nothing is. */
async function settle(ctx: StepContext, of: FaultKind): Promise<readonly string[]> {
  const step = ctx.faults.armed.get(of);
  if (step === undefined) return [];
  ctx.faults.armed.delete(of);
  const { data } = await ctx.guest.call('read_file', { path: `${FOLDERS[of]}/times` });
  await set(ctx, of, { probability: 0 });
  const injected = step.args.times - Number(data);
  if (step.as === null) {
    const short = shortfall(step, { injected });
    return short === null ? [] : [`${linePrefix(step.place)}fault: ${short.text}`];
  }
  ctx.results[step.as] = { errno: 'OK', injected };
  return [];
}

async function set(
  ctx: StepContext,
  of: FaultKind,
  values: Readonly<Record<string, string | number>>,
): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    await orMistake(
      ctx.guest.call('write_file', { path: `${FOLDERS[of]}/${name}`, data: String(value) }),
      {
        ENOENT: `the kernel has no ${FOLDERS[of]}/${name}: \`requires: [fault-injection]\` skips such a kernel`,
      },
      ctx,
    );
  }
}

/** The slab cache whose allocations fail; null: any. */
async function chooseCache(ctx: StepContext, cache: string | null): Promise<void> {
  // Those that an earlier step chose.
  for (const name of ctx.faults.caches) await mark(ctx, name, false);
  ctx.faults.caches.clear();
  if (cache === null) return;
  await mark(ctx, cache, true);
  ctx.faults.caches.add(cache);
}

async function mark(ctx: StepContext, cache: string, fails: boolean): Promise<void> {
  const path = `/sys/kernel/slab/${cache}/failslab`;
  await orMistake(
    ctx.guest.call('write_file', { path, data: fails ? '1' : '0' }),
    {
      ENOENT: `the kernel has no slab cache \`${cache}\`: \`ls /sys/kernel/slab\` in a \`bpfrig shell\` lists them`,
      // failslab_store() in mm/slub.c.
      EINVAL: `the kernel merged slab cache \`${cache}\` with others, which fail together or not at all: \`guest: { append: slab_nomerge }\` keeps them apart`,
    },
    ctx,
  );
}

/** Stretches of code: an allocation fails that has a caller in `required` and none in `rejected`. */
interface Ranges {
  /** Null: any. */
  readonly required: FunctionRange | null;
  readonly rejected: FunctionRange | null;
}

/** Records of kmemleak are of a cache of their own, so they need not be told from the allocations of another. */
const ANYWHERE: Ranges = { required: null, rejected: null };

/** A function of mm/kmemleak.c that nothing else can be taken for, and is never inlined: a thread runs it. */
const LEAK_DETECTOR = 'kmemleak_scan_thread';

/**
 * The function of mm/kmemleak.c that allocates a record of each allocation. The compiler puts the first of these into the second, and so on;
 * the first that has a symbol is it. A record that cannot be allocated comes from a pool, so that its failure would have no effect.
 */
const LEAK_RECORDS = ['mem_pool_alloc', '__alloc_object', '__create_object', 'create_object'];

/** How far apart the functions of one file are, at most. */
const FILE_BYTES = 0x1_0000n;

async function rangesOf(ctx: StepContext, caller: string): Promise<Ranges> {
  const found = await findFunctions(ctx.guest, [caller, LEAK_DETECTOR, ...LEAK_RECORDS]);
  return { required: onlyRange(ctx, caller, found), rejected: leakRecords(ctx, found) };
}

function onlyRange(ctx: StepContext, name: string, found: FoundFunctions): FunctionRange {
  const { start, end } = asMistake(ctx, () => onlyFunction(found, name, 'name one that calls the right one'));
  if (end === null)
    throw mistake(
      ctx,
      `in: where \`${name}\` ends is unknown, as no code follows it: name one that calls it`,
    );
  return { start, end };
}

/** What `look` returns; what it throws is what `in` says wrongly. */
function asMistake<T>(ctx: StepContext, look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw mistake(ctx, `in: ${messageOf(error)}`);
  }
}

function leakRecords(ctx: StepContext, { ranges }: FoundFunctions): FunctionRange | null {
  const [file] = ranges.get(LEAK_DETECTOR) ?? [];
  if (file === undefined) return null;
  for (const name of LEAK_RECORDS)
    for (const { start, end } of ranges.get(name) ?? [])
      if (end !== null && distance(start, file.start) < FILE_BYTES) return { start, end };
  throw mistake(
    ctx,
    `the kernel has kmemleak, whose own allocations are not found (${LEAK_RECORDS.join(', ')}): they would count, and fail without effect`,
  );
}

function distance(a: string, b: string): bigint {
  const difference = BigInt(`0x${a}`) - BigInt(`0x${b}`);
  return difference < 0n ? -difference : difference;
}

/** ULONG_MAX: with a start of 0, any caller. */
const LAST = 'ffffffffffffffff';

function hex(address: string | null): string {
  return `0x${address ?? '0'}`;
}

/** Waits for a request; throws `scenario` where the kernel refuses it with one of these errnos. */
async function orMistake(
  request: Promise<unknown>,
  texts: Readonly<Record<string, string>>,
  ctx: StepContext,
): Promise<void> {
  try {
    await request;
  } catch (error) {
    const errno = error instanceof AgentError && error.failure.kind === 'kernel' ? error.failure.errno : '';
    const text = texts[errno];
    throw text === undefined ? error : mistake(ctx, text);
  }
}

function mistake({ step }: StepContext, text: string): BpfrigError {
  return new BpfrigError('scenario', `${linePrefix(step?.place ?? NO_PLACE)}fault: ${text}`);
}
