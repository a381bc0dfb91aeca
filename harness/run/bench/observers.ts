import type { RunningGuest } from '../../guest/running-guest.ts';
import type { ResolvedVariant } from '../../scenario/scenario.ts';
import type { ProgramIndex } from '../programs.ts';
import { StepContext } from '../steps/context.ts';
import { runSteps } from '../steps/run-steps.ts';

/** pktgen's rate with and without what counts, in packets a second. */
export interface ObserverCost {
  readonly without: readonly number[];
  /** The observers alone: BPF programs on the tracepoints. */
  readonly observers: readonly number[];
  /** All that a cell has: observers, the second witness, fexit on the program, tc ingress on the device. */
  readonly everything: readonly number[];
}

/** Two guests of the same template, one whose program has no fexit, and one whose has. */
export interface RatePair {
  readonly bare: { readonly guest: RunningGuest; readonly variant: ResolvedVariant };
  readonly counted: { readonly guest: RunningGuest; readonly variant: ResolvedVariant };
}

/** Measures in turn, round by round, so that all three see the same machine. */
export async function observerCost(
  { bare, counted }: RatePair,
  index: ProgramIndex,
  rounds: number,
): Promise<ObserverCost> {
  for (const { guest, variant } of [bare, counted]) {
    await runSteps(new StepContext(guest, index, variant.topology), variant.setup);
    // The first run of all pays for translating the guest's code.
    await rateOf(guest, variant, index);
  }
  const cost = { without: [] as number[], observers: [] as number[], everything: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    await bare.guest.call({ op: 'observers_stop' });
    cost.without.push(await rateOf(bare.guest, bare.variant, index));
    await bare.guest.call({ op: 'observers_start' });
    cost.observers.push(await rateOf(bare.guest, bare.variant, index));
    await counted.guest.call({ op: 'witness_start' });
    cost.everything.push(await rateOf(counted.guest, counted.variant, index));
  }
  return cost;
}

async function rateOf(guest: RunningGuest, variant: ResolvedVariant, index: ProgramIndex): Promise<number> {
  const ctx = new StepContext(guest, index, variant.topology);
  await runSteps(ctx, variant.traffic);
  return ctx.sources[0]?.pps ?? 0;
}
