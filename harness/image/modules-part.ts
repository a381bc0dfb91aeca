import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { moduleClosure } from '../kernel/modules.ts';
import type { Kernel } from '../model/kernel.ts';
import { ensureIntact } from '../util/cache.ts';
import { BpfrigError } from '../util/errors.ts';
import { commandFailure, hostCommandBytes } from '../util/host-command.ts';
import type { CpioEntry } from './cpio.ts';
import type { GuestConfig } from './guest-config.ts';

/** Decompressors of module files, by the end of the file name. Debian uses xz since 6.12, some distributions use zstd. */
const DECOMPRESS: Readonly<Record<string, readonly string[]>> = {
  '.xz': ['xz', '-dc'],
  '.zst': ['zstd', '-dcq'],
  '.gz': ['gzip', '-dc'],
};

/** The largest modules of Debian's have 10 MiB. */
const MAX_MODULE_BYTES = 256 * 1024 * 1024;

/**
 * Returns the modules that a guest of this kernel needs, uncompressed, and `/modules.list`, which has their paths in load order.
 * A kernel without a modules folder is assumed to have everything built in; if it does not, creating a device in the guest fails.
 * Throws an `infra` error that names the required modules that the kernel does not have.
 */
export async function moduleEntries(kernel: Kernel, modules: GuestConfig['modules']): Promise<CpioEntry[]> {
  if (kernel.modulesDir === null) return [listEntry([])];
  const { files, missing } = moduleClosure(kernel.modulesDir, [...modules.required, ...modules.optional]);
  const lacking = missing.filter(name => modules.required.includes(name));
  if (lacking.length > 0) {
    throw new BpfrigError(
      'infra',
      `kernel ${kernel.id} (${kernel.release}) lacks the modules ${lacking.join(', ')}`,
    );
  }
  await ensureIntact(files);
  const entries = await Promise.all(
    files.map(async (file): Promise<CpioEntry> => {
      return { path: guestPath(file), kind: 'file', mode: 0o644, data: await readModule(file) };
    }),
  );
  return [...entries, listEntry(files.map(guestPath))];
}

function guestPath(file: string): string {
  return `/modules/${basename(file).replace(/\.(?:xz|zst|gz)$/, '')}`;
}

function listEntry(paths: readonly string[]): CpioEntry {
  return {
    path: '/modules.list',
    kind: 'file',
    mode: 0o644,
    data: Buffer.from(paths.map(path => `${path}\n`).join('')),
  };
}

async function readModule(file: string): Promise<Buffer> {
  const command = DECOMPRESS[/\.(?:xz|zst|gz)$/.exec(file)?.[0] ?? ''];
  if (command === undefined) return readFile(file);
  const [program, ...args] = command;
  const result = await hostCommandBytes(program as string, [...args, file], {
    timeoutMs: 60_000,
    maxOutputBytes: MAX_MODULE_BYTES,
  });
  if (!result.ok) throw commandFailure(`${basename(file)} does not unpack`, result);
  return result.stdout;
}
