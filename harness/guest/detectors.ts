import { withoutTime } from '../vm/splats.ts';
import { AgentError } from './agent-error.ts';
import type { AgentCaller } from './protocol.ts';

/** kernel/locking/lockdep_proc.c: ` debug_locks:  1` as long as lockdep looks. */
const LOCKDEP_FILE = '/proc/lockdep_stats';

/**
 * The detectors of a kernel that no longer look for anything, one sentence each, as its boot has left them: lockdep ends with its first report
 * (debug_locks_off()), and KASAN prints one report and no second one (mm/kasan/report.c), unless the kernel was booted with kasan_multi_shot.
 * `log` is the kernel's log from its first line on. Rejects as `AgentCaller.call` does.
 */
export async function spentDetectors(guest: AgentCaller, log: readonly string[]): Promise<string[]> {
  return [...spentKasan(log), ...((await locksAreWatched(guest)) ? [] : [LOCKDEP_OFF])];
}

const LOCKDEP_OFF =
  "lockdep has been off since the guest's boot, as /proc/lockdep_stats has it, so no cell can show a fault of locks: the reason is in the console of a `bpfrig shell`; repair that, or build the kernel without lockdep";

function spentKasan(log: readonly string[]): string[] {
  if (log.some(line => /\b[Cc]ommand line: .*\bkasan_multi_shot\b/.test(line))) return [];
  const report = log.find(line => /\bBUG: KASAN: /.test(line));
  if (report === undefined) return [];
  return [
    `KASAN reported while the guest booted, and reports only once: ${withoutTime(report).trim()} (\`guest: { append: kasan_multi_shot }\` lets it go on)`,
  ];
}

async function locksAreWatched(guest: AgentCaller): Promise<boolean> {
  try {
    const { data } = await guest.call('read_file', { path: LOCKDEP_FILE });
    return !/\bdebug_locks:\s+0\b/.test(data);
  } catch (error) {
    // A kernel without lockdep.
    if (error instanceof AgentError && error.failure.errno === 'ENOENT') return true;
    throw error;
  }
}
