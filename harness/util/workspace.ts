import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder that goes when its scope ends. */
export interface Workspace extends AsyncDisposable {
  readonly dir: string;
}

/** Start of the names of bpfrig's temporary folders. Short, since QMP's socket path must stay below 108 bytes. */
export const WORKSPACE_PREFIX = 'bpfrig-';

/** Makes a temporary folder for one guest: its sockets, its console, its initramfs. */
export async function makeWorkspace(): Promise<Workspace> {
  const dir = await mkdtemp(join(tmpdir(), WORKSPACE_PREFIX));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}
