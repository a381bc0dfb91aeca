import type { RunningGuest } from '../../guest/running-guest.ts';
import type { ResolvedVariant } from '../../scenario/scenario.ts';
import type { ProgramIndex } from '../programs.ts';
import { StepContext } from '../steps/context.ts';
import { runSteps } from '../steps/run-steps.ts';
import { rateOf } from './observers.ts';

/** Packets per second of 64 bytes, turn by turn: those of one turn have the same index. */
export interface PacketRates {
  readonly pktgen: readonly number[];
  /** Step `packets`: an AF_PACKET socket, one system call for each frame. */
  readonly packets: readonly number[];
}

const TURNS = 3;

/** Measures both in turn, in one guest. */
export async function packetRates(
  guest: RunningGuest,
  variants: { readonly pktgen: ResolvedVariant; readonly packets: ResolvedVariant },
  index: ProgramIndex,
): Promise<PacketRates> {
  await runSteps(new StepContext(guest, index, 'veth'), variants.pktgen.setup);
  const rates: { pktgen: number[]; packets: number[] } = { pktgen: [], packets: [] };
  for (let turn = 0; turn < TURNS; turn += 1)
    for (const source of ['pktgen', 'packets'] as const)
      rates[source].push(await rateOf({ guest, variant: variants[source] }, index));
  return rates;
}
