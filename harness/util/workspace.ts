import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OWNER } from './owner.ts';

/** A temporary folder that is removed when its scope ends. */
export interface Workspace extends AsyncDisposable {
  readonly dir: string;
}

/** Prefix of the names of temporary folders; the owner follows. It is short, because a socket's path can have at most 107 bytes. */
export const WORKSPACE_PREFIX = 'bpfrig-';

/** Creates a temporary folder, for example for a guest's sockets, console, initramfs and keys. */
export async function makeWorkspace(): Promise<Workspace> {
  const dir = await mkdtemp(join(tmpdir(), `${WORKSPACE_PREFIX}${OWNER}-`));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}
