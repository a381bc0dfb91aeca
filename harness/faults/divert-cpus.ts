import { GdbRemote } from '../vm/gdb-remote.ts';

/** Machine code that a CPU is made to run instead of what it does. */
export const CODE = {
  /** cli; jmp to itself */
  spin: 'faebfe',
  /** ud2 */
  undefined: '0f0b',
  /** cli; hlt; jmp to the hlt */
  halt: 'faf4ebfd',
} as const;

/** Where the code is put: startup_64, which nothing runs after the boot. Guests boot with nokaslr (vm/devices.ts). */
const AT = 'ffffffff81000000';

/** Numbers of registers in QEMU's gdb stub for x86-64. */
const RIP = '10';

/**
 * Makes CPUs of a guest run a few bytes of code with the privileges of the kernel, by the gdb stub of its QEMU at a Unix socket. A CPU that
 * is halted runs them after its next interrupt. `cpus` counts from 0.
 */
export async function divertCpus(path: string, cpus: readonly number[], code: string): Promise<void> {
  const gdb = await GdbRemote.connect(path);
  try {
    for (const cpu of cpus) {
      await gdb.ask(`Hg${(cpu + 1).toString(16)}`);
      await gdb.ask(`M${AT},${(code.length / 2).toString(16)}:${code}`);
      await gdb.ask(`P${RIP}=${littleEndian(AT)}`);
    }
    await gdb.ask('D');
  } finally {
    gdb.close();
  }
}

function littleEndian(hex: string): string {
  return Buffer.from(hex, 'hex').reverse().toString('hex');
}
