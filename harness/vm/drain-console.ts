import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsoleWatcher } from './console.ts';
import type { VmEnd } from './vm-end.ts';

/** What a console is drained of: a guest seen from outside. */
export interface ConsoleOwner {
  readonly console: ConsoleWatcher;
  end(): VmEnd | null;
}

/** What ended the draining of a console, and how the machine had ended by then. */
export interface Drained {
  /** Whether `until` was met by a new line, the kernel panicked, the machine ended, `look` saw something, or the time was up. */
  readonly by: 'line' | 'panic' | 'end' | 'look' | 'timeout';
  /** Null while the machine runs. */
  readonly end: VmEnd | null;
}

/** Pause between two looks at the console. */
const LOOK_MS = 20;

/** How long a kernel that panics may take for its stack; then it resets, and the machine ends. */
const LAST_WORDS_MS = 1_000;

/**
 * Reads a guest's console until a new line contains `until` (null: none does), the kernel has panicked, the machine has ended, `look`
 * returns true, or `ms` have passed. The one loop that watches a console: a boot, a lost channel and a post-mortem differ in what they
 * wait for.
 */
export async function drainConsole(
  vm: ConsoleOwner,
  until: string | null,
  ms: number,
  look: () => Promise<boolean> = async () => false,
): Promise<Drained> {
  let deadline = performance.now() + ms;
  let panicked = false;
  for (;;) {
    // In this order: what QEMU wrote before it ended is then in the file for sure.
    const end = vm.end();
    const lines = await vm.console.poll();
    if (until !== null && lines.some(line => line.includes(until))) return { by: 'line', end };
    if (vm.console.panicked && !panicked) {
      panicked = true;
      deadline = performance.now() + LAST_WORDS_MS;
    }
    if (end !== null) return { by: panicked ? 'panic' : 'end', end };
    if (await look()) return { by: 'look', end };
    if (performance.now() > deadline) return { by: panicked ? 'panic' : 'timeout', end };
    await sleep(LOOK_MS);
  }
}
