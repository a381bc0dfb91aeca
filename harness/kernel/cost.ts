import type { KernelCost } from '../model/kernel.ts';
import { configValue } from './config-lines.ts';

/** Options that make every guest of a kernel slower or larger, and how many times at most. */
const COSTS: Readonly<Record<string, Partial<KernelCost>>> = {
  // Its shadow takes an eighth of the memory, and freed objects stay in quarantine.
  CONFIG_KASAN: { time: 3, memory: 2 },
  CONFIG_KCSAN: { time: 5, memory: 2 },
  CONFIG_KMSAN: { time: 5, memory: 3 },
  CONFIG_PROVE_LOCKING: { time: 2 },
  CONFIG_DEBUG_KMEMLEAK: { time: 2, memory: 2 },
};

/** What guests of a kernel need, by its configuration; null where that is as of a distribution's kernel. Times multiply, of memory the largest counts. */
export function costOf(config: string): KernelCost | null {
  const all = Object.entries(COSTS).flatMap(([option, cost]) =>
    configValue(config, option) === 'y' ? [cost] : [],
  );
  if (all.length === 0) return null;
  return {
    time: all.reduce((product, { time = 1 }) => product * time, 1),
    memory: Math.max(...all.map(({ memory = 1 }) => memory)),
  };
}
