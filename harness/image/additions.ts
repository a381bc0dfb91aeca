import { createHash } from 'node:crypto';
import type { GuestAdditions } from '../model/guest-additions.ts';
import type { Kernel } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import { hashKey } from '../util/hash.ts';
import type { CpioEntry } from './cpio.ts';
import { type GuestConfig, modulesFor } from './guest-config.ts';
import { fileEntries } from './guest-files.ts';
import { programFiles, withoutInterpreter } from './guest-programs.ts';
import { addedModuleEntries } from './modules-part.ts';
import { numaEntry } from './numa.ts';

/** What of the additions is in a guest's initramfs. */
export type AddedContent = Pick<GuestAdditions, 'modules' | 'programs' | 'files' | 'numa'>;

/** The size of a guest that additions depend on. */
export interface AddedTo {
  readonly cpus: number;
  readonly memoryMiB: number;
}

/**
 * The entries that a guest's initramfs has in addition to those of every guest. `present`: paths that are there already. Throws a `scenario`
 * error for whatever the host or the kernel does not have.
 */
export async function addedEntries(
  kernel: Kernel,
  { modules, programs, files, numa }: AddedContent,
  size: AddedTo,
  config: GuestConfig,
  present: readonly string[],
  cacheDir: string,
): Promise<CpioEntry[]> {
  const target = { arch: kernel.arch, cacheDir };
  const found = [...(await programFiles(programs, target)), ...(await fileEntries(files, target))];
  const lacking = withoutInterpreter(found, new Set([...present, ...found.map(({ path }) => path)]));
  if (lacking !== null) {
    const { path, interpreter } = lacking;
    const remedy = 'put it into `guest: { programs }`';
    throw new BpfrigError(
      'scenario',
      `${path} is a script for \`${interpreter}\`, which is not in the guest: ${remedy}`,
    );
  }
  return [
    ...(numa > 1 ? [numaEntry(kernel, numa, size)] : []),
    ...(await addedModuleEntries(kernel, modulesFor(kernel.arch, config), modules)),
    ...found,
  ];
}

/** What a kernel and the agent need besides, in MiB. */
const REST_MIB = 128;

/**
 * Throws a `scenario` error if an initramfs of this size does not fit into a guest: while it is unpacked it is in memory twice, and unpacked it
 * may have half of the memory (ramfs-rootfs-initramfs.rst; size of tmpfs(5)).
 */
export function refuseTooLarge(bytes: number, memoryMiB: number): void {
  const MiB = 1024 ** 2;
  const needed = Math.ceil((2 * bytes) / MiB) + REST_MIB;
  if (needed <= memoryMiB) return;
  const rounded = Math.ceil(needed / 128) * 128;
  throw new BpfrigError(
    'scenario',
    `files, programs and modules of the guest have ${Math.ceil(bytes / MiB)} MiB, which count against its memory of ${memoryMiB} MiB: ` +
      `set \`guest: { memory_mib: ${rounded} }\``,
  );
}

/** What entries take in memory, apart from their names. */
export function bytesOf(entries: readonly CpioEntry[]): number {
  return entries.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
}

/** A digest of entries: where they are, and what is in them. */
export function entriesKey(entries: readonly CpioEntry[]): string {
  return hashKey(
    entries.map(({ path, kind, mode, data }) => [
      path,
      kind,
      mode,
      createHash('sha256')
        .update(data ?? '')
        .digest('hex'),
    ]),
  );
}
