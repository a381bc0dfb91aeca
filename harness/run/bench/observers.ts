import type { RunningGuest } from '../../guest/running-guest.ts';
import type { ResolvedVariant } from '../../scenario/scenario.ts';
import type { ProgramIndex } from '../programs.ts';
import { StepContext } from '../steps/context.ts';
import { runSteps } from '../steps/run-steps.ts';
import { WITNESS_EVENTS } from '../../oracle/subjects.ts';
import { median } from './sample.ts';

/** pktgen's rates in packets per second, by what counts meanwhile; the rates of one turn have the same index. */
export interface ObserverCost {
  readonly nothing: readonly number[];
  /** Empty programs on the observers' tracepoints: the cost of calling a program at all. */
  readonly hollow: readonly number[];
  /** The observers alone: BPF programs on the tracepoints. */
  readonly observers: readonly number[];
  /** Everything that a cell has: observers, the second witness, fexit on the program, tc ingress on the device. */
  readonly everything: readonly number[];
}

/** An `ObserverCost` in the making. */
export type Rates = { [What in keyof ObserverCost]: number[] };

/** Before the first turn. */
export function noRates(): Rates {
  return { nothing: [], hollow: [], observers: [], everything: [] };
}

/** A guest and the variant that it runs. */
export interface RateGuest {
  readonly guest: RunningGuest;
  readonly variant: ResolvedVariant;
}

/** Turns of a pair of guests. */
const TURNS = 3;

/**
 * Measures in turn in one pair of guests, one whose program has no fexit and one whose has. Under TCG, two guests of one
 * template differ in speed by a tenth and more: the observers are compared with nothing in one and the same guest, and both
 * figures come from several pairs. `everything` is measured in the other guest, and is less exact.
 */
export async function addRates(
  cost: Rates,
  bare: RateGuest,
  counted: RateGuest,
  index: ProgramIndex,
): Promise<void> {
  for (const { guest, variant } of [bare, counted])
    await runSteps(new StepContext(guest, index, variant.topology), variant.setup);
  await counted.guest.call('witness_start', { events: WITNESS_EVENTS });
  for (let turn = 0; turn < TURNS; turn += 1) {
    await bare.guest.call('observers_stop', {});
    cost.nothing.push(await rateOf(bare, index));
    await bare.guest.call('observers_hollow', {});
    cost.hollow.push(await rateOf(bare, index));
    await bare.guest.call('observers_start', {});
    cost.observers.push(await rateOf(bare, index));
    cost.everything.push(await rateOf(counted, index));
  }
}

/** Runs that a rate is the median of: under TCG two in a row differ by a tenth. */
const RUNS = 5;

/**
 * The median rate of a variant's traffic, in packets per second. The first run does not count: QEMU translates code again where a tracepoint
 * was patched, which is not a cost of counting.
 */
export async function rateOf({ guest, variant }: RateGuest, index: ProgramIndex): Promise<number> {
  const ctx = new StepContext(guest, index, variant.topology);
  for (let run = 0; run <= RUNS; run += 1) await runSteps(ctx, variant.traffic);
  return median(ctx.sources.slice(1).map(({ pps }) => pps));
}
