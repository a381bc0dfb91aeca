import { readCaptures, startCaptures } from '../guest/captures.ts';
import type { Testbed } from '../guest/testbed.ts';
import type { Captured, Observations } from '../model/observations.ts';
import type { ResolvedVariant } from '../scenario/scenario.ts';
import { beginCounting, observationsOf, readCounted, readPlan } from './counting.ts';
import type { PhaseClock } from './phases.ts';
import type { ReadingPlan } from './readings/plan.ts';
import { waitUntilIdle } from './wait-until-idle.ts';
import { setUp, type PreparedVariant } from './set-up.ts';
import { CellState, type StepContext } from './steps/context.ts';
import { settleFaults } from './steps/fault.ts';
import { abandonHolds, settleHolds, withLapses } from './steps/hold.ts';
import { runSteps } from './steps/run-steps.ts';

/** What a cell leaves, also when its steps end early. */
export interface Kept extends Pick<CellState, 'results' | 'artifacts'> {
  /** By device. */
  readonly captures: Record<string, Captured>;
}

/**
 * Runs a variant's steps in fresh guests, whose devices and observers are ready, and reads what the kernel counted. Phases: setup,
 * traffic, drain, check.
 * Throws what the steps throw; `kept` then has the results of the steps that were done, the files that they left, and what was captured
 * until then.
 */
export async function observeCell(
  bed: Testbed,
  prepared: PreparedVariant,
  wanted: ReadingPlan,
  clock: PhaseClock,
  kept: Kept,
): Promise<Observations> {
  const { variant } = prepared;
  const state = new CellState(kept.results, variant.changes, kept.artifacts);
  try {
    const ctx = await setUp(bed, prepared, state);
    return await observeTraffic(bed, ctx, { variant, wanted }, clock, kept.captures);
  } catch (error) {
    throw withLapses(error, state.holds);
  } finally {
    // What follows, such as a look at the log, needs a guest that goes on.
    await abandonHolds(state.holds);
  }
}

/** What is observed of a set-up that is done. */
export interface ObservedTraffic {
  readonly variant: ResolvedVariant;
  readonly wanted: ReadingPlan;
}

/** The rest of {@link observeCell}, in guests whose set-up is done. `captures` receives what was captured, also when the steps end early. */
export async function observeTraffic(
  bed: Testbed,
  ctx: StepContext,
  { variant, wanted }: ObservedTraffic,
  clock: PhaseClock,
  captures: Record<string, Captured>,
): Promise<Observations> {
  // Only now, so that what the set-up itself moved is in no count.
  const before = await beginCounting(bed, ctx, variant.observe, wanted);
  await startCaptures(bed, variant.captures, variant.topology);
  clock.next('traffic');

  try {
    await runSteps(ctx, variant.traffic);
    await settleHolds(ctx, () => ctx.join());
  } catch (error) {
    await abandonHolds(ctx.holds);
    // Just then somebody wants to see them; without them, the error still counts.
    await readCaptures(bed, variant.captures, captures).catch(() => undefined);
    throw error;
  }
  clock.next('drain');

  await waitUntilIdle(bed, readPlan(ctx));
  clock.next('check');

  const counted = await readCounted(bed, ctx, before, wanted);
  await readCaptures(bed, variant.captures, captures);
  await runSteps(ctx, variant.after);
  await settleHolds(ctx, () => ctx.throwFailed());
  ctx.refuseOpen();
  await settleFaults(ctx);
  return await observationsOf(bed, ctx, counted, { captures, explain: true });
}
