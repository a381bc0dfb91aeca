import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MARK, type Place } from './place.ts';

/** How long the kernel may take to end the children of a process that was killed. */
const GRACE_MS = 5_000;

/** What of a finished bpfrig is still there. */
export interface LeftBehind {
  /** Processes, and sockets that somebody has open. */
  readonly alive: readonly string[];
  /** Temporary folders, unfinished entries of the cache, locks. */
  readonly files: readonly string[];
}

/** Searches for everything of a finished bpfrig, until it is gone or a moment has passed. */
export async function leftBehind(place: Place): Promise<LeftBehind> {
  const deadline = performance.now() + GRACE_MS;
  for (;;) {
    const alive = [...processes(place), ...sockets(place)];
    const files = [...temporary(place), ...cacheRests(place)];
    if (alive.length + files.length === 0 || performance.now() > deadline) return { alive, files };
    await sleep(50);
  }
}

/** Ends what was left, so that it is not in the way of the next fault. */
export function endProcesses(place: Place): void {
  for (const pid of pidsOf(place)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

function processes(place: Place): string[] {
  return pidsOf(place).map(
    pid => `process ${pid} (${read(pid, 'cmdline').slice(0, 80).replaceAll('\0', ' ')})`,
  );
}

/** Processes with the place's mark in their environment, or with one of its files in their arguments. */
function pidsOf({ dir }: Place): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => pid !== process.pid && /^[^Z]*$/.test(state(pid)))
    .filter(
      pid => read(pid, 'environ').includes(`${MARK}=${dir}\0`) || read(pid, 'cmdline').includes(`${dir}/`),
    );
}

function state(pid: number): string {
  return /\) (\S)/.exec(read(pid, 'stat'))?.[1] ?? 'Z';
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function sockets({ dir }: Place): string[] {
  const lines = readFileSync('/proc/net/unix', 'utf8').split('\n');
  return lines.flatMap(line => {
    const path = line.slice(line.indexOf('/'));
    return path.startsWith(`${dir}/`) ? [`socket ${path}`] : [];
  });
}

function temporary({ tmp }: Place): string[] {
  return entries(tmp).map(name => `temporary ${name}`);
}

/** Entries that are in the making, and locks. */
function cacheRests({ cache }: Place): string[] {
  return entries(cache).flatMap(kind =>
    entries(join(cache, kind)).flatMap(name =>
      /\.(?:tmp|lock)$/.test(name) ? [`${kind}/${name} in the cache`] : [],
    ),
  );
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
