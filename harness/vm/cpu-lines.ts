/**
 * Where each CPU stands, one line each, from the text of `info registers -a`: address, flags, and whether the CPU sleeps.
 * Addresses are those of the kernel's symbols, because guests boot with nokaslr.
 */
export function cpuLines(registers: string): string {
  const lines = registers.split(/^CPU#/m).slice(1);
  return lines
    .map(text => {
      const cpu = /^\d+/.exec(text)?.[0] ?? '?';
      const [rip, flags, halted] = [/RIP=(\w+)/, /RFL=(\w+)/, /HLT=(\d)/].map(
        field => field.exec(text)?.[1] ?? '?',
      );
      return `CPU ${cpu}: RIP ${rip} RFLAGS ${flags}${halted === '1' ? ', sleeps' : ''}`;
    })
    .join('\n');
}

/** Bit of RFLAGS that lets interrupts in. */
const INTERRUPT_FLAG = 0x200n;

/**
 * Whether a guest can do nothing more, from the same text: each of its CPUs halts with interrupts off. No timer and no device wakes
 * such a CPU, however slow the host is; CPUs that the first one has not started yet halt in the same way. False for a text that is not
 * understood.
 */
export function haltedForGood(registers: string): boolean {
  const cpus = registers.split(/^CPU#/m).slice(1);
  return cpus.length > 0 && cpus.every(text => /HLT=1/.test(text) && !interruptsOn(text));
}

function interruptsOn(text: string): boolean {
  const flags = /RFL=([0-9a-f]+)/i.exec(text)?.[1];
  return flags === undefined || (BigInt(`0x${flags}`) & INTERRUPT_FLAG) !== 0n;
}
