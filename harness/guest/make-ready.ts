import type { OpAnswer, OpArgs } from './protocol.ts';
import type { RunningGuest } from './running-guest.ts';
import { makeTopology, type Wiring } from './topology.ts';

/** What the agent found out by trying, and why it could not try some. */
export type ProbeReport = OpAnswer<'probes'>;

/** A tracepoint that the witness sums: `witness_start`. */
export type WitnessEvent = OpArgs<'witness_start'>['events'][number];

/** What a guest is made ready with, before it knows which scenario it will run. */
export interface Preparation {
  readonly witness: readonly WitnessEvent[];
}

/** A guest that is ready for a cell. */
export interface Ready {
  readonly probes: ProbeReport;
  /** Where the kernel's log stood then. */
  readonly logStart: number;
}

/** Longest time for a request that patches the kernel's code: each waits for RCU and every CPU, in a guest that has just booted. */
const ATTACH = { timeoutMs: 60_000 } as const;

/** Devices up and quiet, observers attached, the witness set up: a cell then only does what its scenario says. */
export async function makeReady(
  guest: RunningGuest,
  wiring: Wiring,
  { witness }: Preparation,
): Promise<Ready> {
  const probes = await guest.call('probes', {}, ATTACH);
  await makeTopology(guest, wiring);
  await guest.call('observers_start', {}, ATTACH);
  await guest.call('witness_start', { events: witness }, ATTACH);
  if (wiring.ends.includes('rx')) await guest.call('stack_start', { dev: 'rx' }, ATTACH);
  await guest.call('keep', {});
  const { seq } = await guest.call('kmsg', {});
  guest.logStart = seq;
  return { probes, logStart: seq };
}

/** Which features were found, by probe; one that could not be tried is left out. */
export function availableProbes({ probes }: ProbeReport): Probes {
  const tried = Object.entries(probes).filter(([, result]) => result !== 'untried');
  return Object.fromEntries(tried.map(([name, result]) => [name, result === 'available']));
}

/** Whether a probe found its feature, by name. */
export type Probes = Readonly<Record<string, boolean>>;
