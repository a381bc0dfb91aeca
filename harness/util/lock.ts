import { spawn } from 'node:child_process';
import { constants, readFileSync } from 'node:fs';
import { mkdir, open, stat, unlink, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { cacheError } from './cache-error.ts';
import { BpfrigError } from './errors.ts';
import { hostNote } from './host-notes.ts';
import { hostPressure } from './host-pressure.ts';
import { OWNER, startTime } from './owner.ts';

/** How a lock is waited for. */
export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Times in milliseconds; tests shorten them. */
  readonly times?: Partial<Record<keyof typeof TIMES, number>>;
}

/**
 * After how long a wait is reported, how long a holder may be stopped (SIGSTOP, Ctrl-Z), how long the program flock may take for a wait of
 * `SLICE_S`, and how long anything may take: a lock is held while a kernel is downloaded or a tree is built.
 */
const TIMES = { noteMs: 3_000, stoppedMs: 20_000, flockMs: 30_000, longestMs: 30 * 60_000 } as const;

/** One wait of the program flock, in seconds; between two of them the holder is looked at. */
const SLICE_S = '1';

/** Exit code of flock for a lock that is held; see its option -E. */
const BUSY = 75;

/**
 * Runs `work` under an inter-process lock for `path`, the file `.NAME.lock` next to it. It is a flock(2), so the kernel releases it with its
 * holder, whatever the clock does and in whichever PID namespace the holder is. A wait of some seconds is reported with the file and its
 * holder. Throws `infra` when the holder is stopped, or does not end.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const held = await acquire(path, options);
  try {
    return await work();
  } finally {
    await release(path, held);
  }
}

/** Runs `work` under the lock if nobody holds it. Returns whether it did. */
export async function ifUnlocked(path: string, work: () => Promise<void>): Promise<boolean> {
  const file = await openLock(path);
  if ((await flock(file, ['-n'], TIMES.flockMs)) !== 'held' || !(await isCurrent(path, file))) {
    await file.close();
    return false;
  }
  try {
    await work();
  } finally {
    await release(path, file);
  }
  return true;
}

/** Path of the lock file for `path`. */
export function lockFile(path: string): string {
  return join(dirname(path), `.${basename(path)}.lock`);
}

/** Returns the name that a lock file is for; null for any other file. */
export function lockedName(name: string): string | null {
  return /^\.(.+)\.lock$/.exec(name)?.[1] ?? null;
}

async function acquire(path: string, { signal, times = {} }: LockOptions): Promise<FileHandle> {
  const limits = { ...TIMES, ...times };
  const since = performance.now();
  let stoppedSince: number | null = null;
  let noted = false;
  for (;;) {
    signal?.throwIfAborted();
    const file = await openLock(path);
    if ((await flock(file, ['-w', SLICE_S], limits.flockMs, signal)) === 'held') {
      if (await isCurrent(path, file)) {
        await sign(file);
        return file;
      }
      await file.close();
      continue;
    }
    const holder = holderOf(await file.readFile('utf8').catch(() => ''));
    await file.close();
    signal?.throwIfAborted();
    const now = performance.now();
    stoppedSince = holder.stopped ? (stoppedSince ?? now) : null;
    const waited = `${lockFile(path)} is held by ${holder.text}`;
    if (!noted && now - since >= limits.noteMs) {
      noted = true;
      hostNote(`waiting: ${waited}`, 'info');
    }
    if (stoppedSince !== null && now - stoppedSince >= limits.stoppedMs)
      throw new BpfrigError('infra', `${waited}, which is stopped: continue it (kill -CONT) or end it`);
    if (now - since >= limits.longestMs) {
      const minutes = Math.round((now - since) / 60_000);
      throw new BpfrigError('infra', `${waited} since at least ${minutes} minutes: end that process`);
    }
  }
}

async function openLock(path: string): Promise<FileHandle> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
    return await open(lockFile(path), O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  } catch (error) {
    throw await cacheError(lockFile(path), error);
  }
}

/** Nobody may wait for a file that is no longer there: whoever gets the lock of such a file begins again. */
async function release(path: string, file: FileHandle): Promise<void> {
  await unlink(lockFile(path)).catch(() => undefined);
  await file.close();
}

async function isCurrent(path: string, file: FileHandle): Promise<boolean> {
  const [mine, there] = await Promise.all([file.stat(), stat(lockFile(path)).catch(() => null)]);
  return there !== null && there.ino === mine.ino && there.dev === mine.dev;
}

/**
 * Locks an open file by the program of the same name, since Node.js has no such call. The lock belongs to the open file description, which the
 * program shares with this process and leaves to it. Closes the file when it throws.
 */
async function flock(
  file: FileHandle,
  wait: readonly string[],
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<'held' | 'busy'> {
  const outcome = new Promise<'held' | 'busy'>((resolve, reject) => {
    const args = ['-x', ...wait, '-E', String(BUSY), '3'];
    const child = spawn('flock', args, { stdio: ['ignore', 'ignore', 'ignore', file.fd] });
    const abort = (): void => void child.kill();
    signal?.addEventListener('abort', abort, { once: true });
    const limitMs = timeoutMs * hostPressure();
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new BpfrigError('infra', `flock did not end within ${Math.round(limitMs / 1000)} s`));
    }, limitMs);
    child.once('error', cause => {
      clearTimeout(timer);
      reject(new BpfrigError('infra', 'cannot run flock: install the package util-linux', { cause }));
    });
    child.once('close', (code, by) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      if (code === 0) resolve('held');
      else if (code === BUSY || by !== null) resolve('busy');
      else reject(new BpfrigError('infra', `flock cannot lock a file of the cache: exit code ${code}`));
    });
  });
  try {
    return await outcome;
  } catch (error) {
    // The program may have got the lock before it was given up.
    await file.close();
    throw error;
  }
}

/** Writes into the lock file who holds it, for those that wait. */
async function sign(file: FileHandle): Promise<void> {
  const text = `${OWNER} ${hostname()}\n`;
  // A full disk leaves the holder unnamed; the lock works all the same.
  await file
    .truncate(0)
    .then(() => file.write(text, 0))
    .catch(() => undefined);
}

interface Holder {
  readonly text: string;
  readonly stopped: boolean;
}

function holderOf(signature: string): Holder {
  const [, pid, started, host] = /^(\d+)-(\d+) (\S+)/.exec(signature) ?? [];
  if (pid === undefined) return { text: 'another process', stopped: false };
  const text = `process ${pid}${host === hostname() ? '' : ` on ${host}`}`;
  // In another PID namespace this id is another process, or none.
  if (startTime(Number(pid)) !== Number(started)) return { text, stopped: false };
  return { text, stopped: stateOf(Number(pid)) === 'T' };
}

/** The state of a process as in ps(1); null when there is none. */
function stateOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat[stat.lastIndexOf(')') + 2] ?? null;
  } catch {
    return null;
  }
}
