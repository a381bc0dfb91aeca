import { readFileSync } from 'node:fs';

/**
 * Name of this process as the owner of temporary files: its id and its start time (in clock ticks since boot), so that another
 * process that later has the same id is not taken for the owner. Linux only.
 */
export const OWNER = `${process.pid}-${startTime(process.pid) ?? 0}`;

/** Returns whether the process that an `OWNER` name identifies still runs. */
export function isOwnerAlive(owner: string): boolean {
  const [pid, started] = owner.split('-').map(Number);
  return pid !== undefined && started !== undefined && startTime(pid) === started;
}

/** Returns the start time, field 22 of /proc/PID/stat; null if there is no such process. */
function startTime(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses. It can contain any character.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return null;
  }
}
