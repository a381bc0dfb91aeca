import { readFileSync } from 'node:fs';

/**
 * Names the process that a temporary thing belongs to: its id and when it started (in clock ticks since boot), so that an id that
 * was used again is not taken for the owner. Linux only.
 */
export const OWNER = `${process.pid}-${startTime(process.pid) ?? 0}`;

/** Whether the process that `OWNER` named still runs. */
export function isOwnerAlive(owner: string): boolean {
  const [pid, started] = owner.split('-').map(Number);
  return pid !== undefined && started !== undefined && startTime(pid) === started;
}

/** Field 22 of /proc/PID/stat; null when there is no such process. */
function startTime(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses, which may hold anything.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return null;
  }
}
