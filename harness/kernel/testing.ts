import { spawnSync } from 'node:child_process';

/** A banner like that of Debian's 5.10: the release does not contain the upstream version. */
export const BANNER = '5.10.0-46-amd64 (kernel@example) #1 SMP Debian 5.10.262-1 (2026-09-01)';

/** The parts of an uncompressed kernel that the code under test reads: ELF headers for x86-64 with one segment, and the banner of init/version.c. */
export function tinyElf(banner: string = BANNER): Buffer {
  const format = 'Linux version %s (%s)\0';
  const text = Buffer.from(`${format}Linux version ${banner}\n\0`);
  const elf = Buffer.concat([Buffer.alloc(64 + 56), text, Buffer.alloc(300)]);
  elf.write('\x7fELF\x02\x01\x01', 'latin1');
  elf.writeUInt16LE(2, 16);
  elf.writeUInt16LE(62, 18);
  elf.writeBigUInt64LE(64n, 32);
  elf.writeUInt16LE(56, 54);
  elf.writeUInt16LE(1, 56);
  elf.writeUInt32LE(1, 64);
  elf.writeBigUInt64LE(BigInt(elf.length), 64 + 32);
  return elf;
}

/** A bzImage of boot protocol 2.15 with `elf` as payload, compressed by the real tool as in arch/x86/boot/compressed/Makefile. */
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
  setup.writeUInt16LE(1, 0x236);
  setup.writeUInt32LE(16, 0x248);
  setup.writeUInt32LE(payload.length, 0x24c);
  setup.write(`${banner}\0`, 0x280, 'latin1');
  // In a real image, the protected-mode code has other bytes before and after the payload.
  return Buffer.concat([setup, Buffer.alloc(16, 0xaa), payload, Buffer.alloc(64, 0xbb)]);
}
