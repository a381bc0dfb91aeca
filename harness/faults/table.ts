import type { Fault } from './fault.ts';
import { AGENT_FAULTS } from './table/agent.ts';
import { BOOT_FAULTS } from './table/boot.ts';
import { CACHE_FAULTS } from './table/caches.ts';
import { CHANNEL_FAULTS } from './table/channels.ts';
import { CLOCK_FAULTS } from './table/clocks.ts';
import { CPU_FAULTS } from './table/cpus.ts';
import { GUEST_KERNEL_FAULTS } from './table/guest-kernel.ts';
import { HOST_FAULTS } from './table/host.ts';
import { INPUT_FAULTS } from './table/inputs.ts';
import { LOCKUP_FAULTS } from './table/lockups.ts';
import { OBSERVER_FAULTS } from './table/observers.ts';
import { QEMU_FAULTS } from './table/qemu.ts';
import { SAVED_FAULTS } from './table/saved-runs.ts';
import { SIGNAL_FAULTS } from './table/signals.ts';
import { TOOL_FAULTS } from './table/tools.ts';

/** Every fault, area by area. */
export const FAULTS: readonly Fault[] = [
  ...BOOT_FAULTS,
  ...GUEST_KERNEL_FAULTS,
  ...LOCKUP_FAULTS,
  ...CPU_FAULTS,
  ...AGENT_FAULTS,
  ...QEMU_FAULTS,
  ...CHANNEL_FAULTS,
  ...CACHE_FAULTS,
  ...TOOL_FAULTS,
  ...CLOCK_FAULTS,
  ...OBSERVER_FAULTS,
  ...HOST_FAULTS,
  ...SIGNAL_FAULTS,
  ...INPUT_FAULTS,
  ...SAVED_FAULTS,
];

/** The faults that a word of `--faults` selects: `sample`, or a part of the name; of these one part of several. */
export function chooseFaults(
  word: string | null,
  shard: { readonly index: number; readonly count: number } | null = null,
): Fault[] {
  const chosen = FAULTS.filter(({ name, sample }) =>
    word === null ? true : word === 'sample' ? sample === true : name.includes(word),
  );
  // Neighbours in the table take about the same time: dealt out like cards, the parts take equally long.
  return shard === null ? chosen : chosen.filter((_, at) => at % shard.count === shard.index - 1);
}
