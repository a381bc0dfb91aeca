import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect, createServer } from 'node:net';

/** Name of this process as the owner of temporary files: its id and its start time in clock ticks since boot. Linux only. */
export const OWNER = `${process.pid}-${startTime(process.pid) ?? 0}`;

/** Returns the start time of a process, field 22 of /proc/PID/stat; null if there is no such process. */
export function startTime(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses. It can contain any character.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return null;
  }
}

/** Name of the socket in a claimed folder. */
const SOCKET = 'owner';

/**
 * Shows others that this process uses a folder: it listens on a socket in it, which the kernel closes when the process ends. Unlike a process
 * id, that can be seen from every PID namespace (two containers that share a temporary folder), and unlike a time it does not depend on
 * clocks, nor on a process that is stopped. Disposing ends the claim; nothing else does.
 */
export async function claimFolder(dir: string): Promise<AsyncDisposable> {
  // A socket's path can have 107 bytes only; through the open folder any path is short enough.
  const folder = await open(dir);
  const server = createServer(socket => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path: `/proc/self/fd/${folder.fd}/${SOCKET}` }, resolve);
    });
  } catch (error) {
    await folder.close();
    throw error;
  }
  // An accept that fails for lack of descriptors must not end the process.
  server.on('error', () => undefined);
  server.unref();
  return {
    [Symbol.asyncDispose]: async () => {
      await new Promise(resolve => server.close(resolve));
      await folder.close();
    },
  };
}

/** What is known of a folder's owner: it runs, it has ended, or it never claimed the folder (or has not yet). */
export type Claim = 'held' | 'ended' | 'none';

/** Returns the state of a folder's claim. What cannot be found out counts as held. */
export async function claimOf(dir: string): Promise<Claim> {
  const folder = await open(dir).catch(() => null);
  if (folder === null) return 'held';
  try {
    return await new Promise<Claim>(resolve => {
      const socket = connect({ path: `/proc/self/fd/${folder.fd}/${SOCKET}` });
      socket.setTimeout(2_000, () => settle('held'));
      const settle = (claim: Claim): void => {
        socket.destroy();
        resolve(claim);
      };
      socket.once('connect', () => settle('held'));
      socket.once('error', (error: NodeJS.ErrnoException) => {
        settle(error.code === 'ECONNREFUSED' ? 'ended' : error.code === 'ENOENT' ? 'none' : 'held');
      });
    });
  } finally {
    await folder.close();
  }
}
