import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OWNER } from './owner.ts';

/** A temporary folder that goes when its scope ends. */
export interface Workspace extends AsyncDisposable {
  readonly dir: string;
}

/** Start of the names of bpfrig's temporary folders, before their owner. Short, since a socket's path has at most 107 bytes. */
export const WORKSPACE_PREFIX = 'bpfrig-';

/** Makes a temporary folder: for a guest's sockets, its console, its initramfs, its keys. */
export async function makeWorkspace(): Promise<Workspace> {
  const dir = await mkdtemp(join(tmpdir(), `${WORKSPACE_PREFIX}${OWNER}-`));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}
