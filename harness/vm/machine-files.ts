import { closeSync, fchmodSync, fchownSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { chmod, chown } from 'node:fs/promises';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { cacheRoot } from '../util/paths.ts';
import type { Ram } from './devices.ts';
import type { QemuUser } from './privileges.ts';
import type { GuestSpec } from './spec.ts';

/** The files of one machine, open for QEMU to inherit in the order of `INHERITED`. */
export interface MachineFiles extends Disposable {
  readonly descriptors: readonly number[];
}

/** A file that a machine is made of, and that cannot be opened: of a clone, its template may be damaged. */
export class MachineFileError extends BpfrigError {}

/** What this process lacks when it cannot open any file: that says nothing about the one that it tried. */
const OWN_LACK = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/** The error for a file of a machine that could not be opened or read. */
export function machineFileError(cause: unknown): BpfrigError {
  const message = `cannot open what the guest is made of: ${messageOf(cause)}`;
  const lack = cause instanceof Error && 'code' in cause && OWN_LACK.has(String(cause.code));
  return new (lack ? BpfrigError : MachineFileError)('infra', message, { cause });
}

/** Opens the files of a machine and permits QEMU's user to open them too. Throws `MachineFileError` when one cannot be opened. */
export function openMachineFiles(
  spec: Pick<GuestSpec, 'image' | 'initrd' | 'memoryMiB'>,
  ram: Ram,
  console: string,
  user: QemuUser | null,
): MachineFiles {
  const descriptors: number[] = [];
  const closeAll = (): void => descriptors.forEach(descriptor => closeSync(descriptor));
  const add = (path: string, how: 'r' | 'w' | 'w+', needs: 'r' | 'rw' | null, ours = true): number => {
    const descriptor = openSync(path, how, 0o600);
    descriptors.push(descriptor);
    if (needs !== null) permit(descriptor, { path, ours }, user, needs);
    return descriptor;
  };
  try {
    // Inherited as it is, and not opened again.
    add(console, 'w', null);
    add(spec.image, 'r', 'r', spec.image.startsWith(`${cacheRoot()}/`));
    add(spec.initrd, 'r', 'r');
    if (ram.kind === 'shared') ftruncateSync(add(ram.path, 'w+', 'rw'), spec.memoryMiB * 1024 * 1024);
    if (ram.kind === 'private') add(ram.path, 'r', ram.writable ? 'rw' : 'r');
  } catch (error) {
    closeAll();
    if (error instanceof BpfrigError) throw error;
    throw machineFileError(error);
  }
  return { descriptors, [Symbol.dispose]: closeAll };
}

/**
 * Makes a folder one in which QEMU can create its sockets and neither remove nor replace what bpfrig put there; nobody else gets in.
 * A QEMU that runs as bpfrig's user needs nothing for that.
 */
export async function admitToFolder(dir: string, user: QemuUser | null): Promise<void> {
  if (user === null) return;
  await chown(dir, 0, user.gid);
  await chmod(dir, 0o1770);
}

const BITS = { r: 4, rw: 6 } as const;

/**
 * Gives QEMU's user the permissions that it needs on a file, and no more, by the file's group. A kernel that is not from the cache is
 * the user's: it keeps its mode, and must be readable.
 */
function permit(
  descriptor: number,
  { path, ours }: { readonly path: string; readonly ours: boolean },
  user: QemuUser | null,
  needs: 'r' | 'rw',
): void {
  const { uid, gid, mode } = fstatSync(descriptor);
  const bits = BITS[needs];
  if (user === null) {
    // The owner's own: a file of the cache may have been made read-only.
    if (needs === 'rw' && uid === process.geteuid?.()) fchmodSync(descriptor, (mode & 0o7777) | 0o200);
    return;
  }
  if (ours) {
    if (gid === user.gid && ((mode >> 3) & 7) === bits) return;
    fchownSync(descriptor, uid, user.gid);
    fchmodSync(descriptor, (mode & 0o707) | (bits << 3));
    return;
  }
  if ((mode & bits) !== bits)
    throw new BpfrigError(
      'infra',
      `QEMU runs as user ${user.uid} and not as root, and that user may not read ${path}: chmod o+r it, or run bpfrig as an ordinary user`,
    );
}
