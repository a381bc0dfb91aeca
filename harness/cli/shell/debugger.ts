import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readGuestFile, runCommand } from '../../guest/command.ts';
import type { RunningGuest } from '../../guest/running-guest.ts';
import { checkVmlinux, debugVmlinux } from '../../kernel/debug-vmlinux.ts';
import { parseKallsyms, symbolFile } from '../../kernel/kallsyms.ts';
import type { Kernel } from '../../model/kernel.ts';
import { BpfrigError } from '../../util/errors.ts';
import { quote } from '../../util/launcher.ts';

/** How long the guest may take to write its symbols. */
const KALLSYMS_MS = 120_000;

/** More than the notes of a kernel have, in bytes. */
const NOTES_BYTES = 1024 * 1024;

/**
 * Opens a guest for a debugger, and returns lines that say how to attach gdb: with a `vmlinux` that has debug information, where one is named or found, else
 * with a file of the kernel's symbols, which is written into `dir`. Throws `usage` for a `vmlinux` that is not this kernel's, `infra`.
 */
export async function openDebugger(
  guest: RunningGuest,
  kernel: Kernel,
  { dir, vmlinux }: { readonly dir: string; readonly vmlinux: string | undefined },
): Promise<string[]> {
  const found = vmlinux === undefined ? await debugVmlinux(kernel) : resolve(vmlinux);
  if (vmlinux !== undefined && found !== null)
    await checkVmlinux(found, await readGuestFile(guest, '/sys/kernel/notes', NOTES_BYTES).catch(() => null));
  const socket = await guest.openGdb();
  if (found !== null) return [`gdb ${quote(found)} -ex 'target remote ${socket}'`];
  const file = join(dir, 'symbols');
  await writeFile(file, await symbolsOf(guest));
  return [`gdb -ex 'symbol-file ${file}' -ex 'target remote ${socket}'`, howToSeeMore(kernel)];
}

async function symbolsOf(guest: RunningGuest): Promise<Buffer> {
  // In one go: a piece from the middle would make the kernel write all that is before it again.
  const pieces: Buffer[] = [];
  const command = { argv: ['/bin/busybox', 'cat', '/proc/kallsyms'], timeout_ms: KALLSYMS_MS };
  await runCommand(guest, command, (from, piece) => void (from === 'stdout' && pieces.push(piece)));
  const symbols = parseKallsyms(Buffer.concat(pieces).toString('latin1'));
  if (symbols.length > 0) return symbolFile(symbols);
  throw new BpfrigError(
    'infra',
    'the guest has no symbols in /proc/kallsyms: a kernel without CONFIG_KALLSYMS needs --vmlinux FILE',
  );
}

function howToSeeMore({ release, packages }: Kernel): string {
  const what =
    'this has the functions and variables of kernel and modules; types and lines need --vmlinux FILE';
  if (packages.length === 0) return `${what}, a vmlinux with debug information (CONFIG_DEBUG_INFO)`;
  return `${what}: that of linux-image-${release}-dbg is usr/lib/debug/boot/vmlinux-${release} (dpkg-deb -x PACKAGE DIR)`;
}
