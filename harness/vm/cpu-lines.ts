import { architecture } from '../arch/architectures.ts';
import type { CpuState } from '../arch/architecture.ts';
import type { ArchName } from '../model/kernel.ts';

/**
 * Where each CPU stands, one line each, from the text of `info registers -a`: address, flags, and whether the CPU sleeps.
 * Addresses are those of the kernel's symbols, because guests boot with nokaslr.
 */
export function cpuLines(arch: ArchName, registers: string): string {
  return statesOf(arch, registers)
    .map(({ cpu, text, sleeps }) => `CPU ${cpu}: ${text}${sleeps === true ? ', sleeps' : ''}`)
    .join('\n');
}

/**
 * Whether a guest can do nothing more, from the same text: each of its CPUs halts with interrupts off. No timer and no device wakes
 * such a CPU, however slow the host is; CPUs that the first one has not started yet halt in the same way. False for a text that is not
 * understood, and for an architecture whose registers do not show whether a CPU sleeps.
 */
export function haltedForGood(arch: ArchName, registers: string): boolean {
  const cpus = statesOf(arch, registers);
  return cpus.length > 0 && cpus.every(({ sleeps, interrupts }) => sleeps === true && interrupts === false);
}

function statesOf(arch: ArchName, registers: string): (CpuState & { readonly cpu: string })[] {
  const { cpuState } = architecture(arch).machine;
  return registers
    .split(/^CPU#/m)
    .slice(1)
    .map(text => ({ cpu: /^\d+/.exec(text)?.[0] ?? '?', ...cpuState(text) }));
}
