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
