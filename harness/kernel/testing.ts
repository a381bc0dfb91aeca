import { spawnSync } from 'node:child_process';

/** A banner as Debian's 5.10 has it: the release does not tell the upstream version. */
export const BANNER = '5.10.0-46-amd64 (kernel@example) #1 SMP Debian 5.10.262-1 (2026-09-01)';

/** Enough of an uncompressed kernel for the code under test: an ELF's magic and the banner of init/version.c. */
export function tinyElf(banner: string = BANNER): Buffer {
  const format = 'Linux version %s (%s)\0';
  return Buffer.concat([
    Buffer.from('\x7fELF', 'latin1'),
    Buffer.from(`${format}Linux version ${banner}\n\0`),
    Buffer.alloc(300),
  ]);
}

/** A bzImage of boot protocol 2.15 around `elf`, packed by the real tool as arch/x86/boot/compressed/Makefile has it. */
export function tinyBzImage(elf: Buffer, tool: readonly string[], banner: string = BANNER): Buffer {
  const [command = '', ...args] = tool;
  const packed = command === '' ? elf : spawnSync(command, args, { input: elf }).stdout;
  const size = Buffer.alloc(4);
  size.writeUInt32LE(elf.length);
  const payload = command === '' || command === 'gzip' ? packed : Buffer.concat([packed, size]);
  const setup = Buffer.alloc(2 * 512);
  setup.writeUInt8(1, 0x1f1);
  setup.write('HdrS', 0x202, 'latin1');
  setup.writeUInt16LE(0x20f, 0x206);
  setup.writeUInt16LE(0x280 - 0x200, 0x20e);
  setup.writeUInt32LE(16, 0x248);
  setup.writeUInt32LE(payload.length, 0x24c);
  setup.write(`${banner}\0`, 0x280, 'latin1');
  // Something stands before and after the payload in the protected-mode code.
  return Buffer.concat([setup, Buffer.alloc(16, 0xaa), payload, Buffer.alloc(64, 0xbb)]);
}
