import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BpfrigError, messageOf } from './errors.ts';
import { hostNote } from './host-notes.ts';
import { claimFolder, OWNER } from './owner.ts';

/** A temporary folder that is removed when its scope ends. */
export interface Workspace extends AsyncDisposable {
  readonly dir: string;
}

/** Prefix of the names of temporary folders; the owner follows. It is short, because a socket's path can have at most 107 bytes. */
export const WORKSPACE_PREFIX = 'bpfrig-';

/** The longest path of a socket within a workspace: that of the second guest of a cell. */
const LONGEST_SOCKET = '/generator/agent';

const MAX_SOCKET_PATH = 107;

/**
 * Creates a temporary folder, closed to other users, for example for a guest's sockets, console, initramfs and keys. Other bpfrigs see that it is
 * in use (`claimFolder`). Throws `infra` when the temporary folder cannot be used.
 */
export async function makeWorkspace(temp: string = tmpdir()): Promise<Workspace> {
  const prefix = join(temp, `${WORKSPACE_PREFIX}${OWNER}-`);
  const excess = Buffer.byteLength(`${prefix}XXXXXX${LONGEST_SOCKET}`) - MAX_SOCKET_PATH;
  if (excess > 0)
    throw new BpfrigError(
      'infra',
      `the path of ${temp} is ${excess} bytes too long for sockets in it: set TMPDIR to a shorter one`,
    );
  try {
    const dir = await mkdtemp(prefix);
    const claim = await claimFolder(dir);
    return {
      dir,
      [Symbol.asyncDispose]: async () => {
        await claim[Symbol.asyncDispose]();
        await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }).catch(
          (error: unknown) => hostNote(`could not remove ${dir}: ${messageOf(error)}`),
        );
      },
    };
  } catch (cause) {
    const tooMany = ['EMFILE', 'ENFILE'].includes((cause as NodeJS.ErrnoException).code ?? '');
    const remedy = tooMany
      ? 'raise the limit of open files (ulimit -n)'
      : 'make room, or set TMPDIR to a folder that you can write to';
    const what = `cannot make a temporary folder in ${temp} (${messageOf(cause)})`;
    throw new BpfrigError('infra', `${what}: ${remedy}`, { cause });
  }
}
