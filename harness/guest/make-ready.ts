import { probesOf, type Probes } from '../kernel/probes.ts';
import type { WitnessEvent } from '../model/counters.ts';
import { addDevices, loadModules, setSysctls, type Added } from './added.ts';
import { AgentError } from './agent-error.ts';
import { spentDetectors } from './detectors.ts';
import { checkClock, readClock } from './guest-clock.ts';
import type { AgentCaller } from './protocol.ts';
import { forgetLeaks } from './leaks.ts';
import type { Ready, RunningGuest } from './running-guest.ts';
import { makeTopology, type Wiring } from './topology.ts';

/** What a guest is made ready with, before it knows which scenario it will run. */
export interface Preparation {
  readonly witness: readonly WitnessEvent[];
  /** What a scenario adds to its guest; absent: nothing. */
  readonly added?: Added;
}

/** Longest time for a request that patches the kernel's code: each waits for RCU and every CPU, in a guest that has just booted. */
const ATTACH = { timeoutMs: 60_000 } as const;

/**
 * Devices up and idle, observers attached, the witness set up: a cell then only does what its scenario says. Throws `WrongClock` besides what requests throw.
 */
export async function makeReady(
  guest: RunningGuest,
  wiring: Wiring,
  { witness, added }: Preparation,
): Promise<Ready> {
  const started = await readClock(guest);
  if (added !== undefined) await loadModules(guest, added);
  const probed = probesOf(await guest.call('probes', {}, ATTACH));
  const early =
    added === undefined ? [] : await setSysctls(guest, Object.entries(added.sysctls), 'if present');
  await makeTopology(guest, wiring);
  if (added !== undefined) {
    await addDevices(guest, added);
    await setSysctls(guest, early, 'all');
  }
  const counting = await startCounting(guest, wiring, witness);
  await checkClock(guest, started);
  // Last: what was done until here is nothing that a cell did.
  const leaks = probed['kmemleak'] === 'available' && (await forgetLeaks(guest));
  const probes: Probes = leaks ? probed : { ...probed, kmemleak: 'missing' };
  const { lines } = await guest.call('kmsg', { since: -1 });
  const spent = await spentDetectors(guest, lines);
  await guest.call('keep', {});
  guest.ready = { probes, spent, ...counting };
  return guest.ready;
}

/** Starts all that counts. What the kernel refuses keeps scenarios from being judged, and nothing else: whoever needs it finds it in what is returned. */
async function startCounting(
  guest: AgentCaller,
  { ends }: Wiring,
  witness: readonly WitnessEvent[],
): Promise<Pick<Ready, 'logStart' | 'uncounted'>> {
  try {
    await guest.call('observers_start', {}, ATTACH);
    await guest.call('witness_start', { events: witness }, ATTACH);
    if (ends.includes('rx')) await guest.call('stack_start', { dev: 'rx' }, ATTACH);
    const { seq } = await guest.call('kmsg', {});
    return { logStart: seq, uncounted: null };
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return { logStart: -1, uncounted: whyUncounted(error) };
  }
}

/** Why nothing can be counted, one sentence. Of what libbpf looked for in the kernel and did not find, only its log has the name. */
export function whyUncounted({ message, failure }: AgentError): string {
  const missing = failure.log?.split('\n').find(line => /failed to find|not found/.test(line));
  const cause = missing === undefined ? '' : ` (${missing.replace(/^libbpf: /, '')})`;
  return `this guest cannot count what its kernel does: ${message}${cause}`;
}
