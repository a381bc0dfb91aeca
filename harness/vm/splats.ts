/** What a line of the kernel's log shows of the kernel's state. */
export type SplatKind = 'panic' | 'splat';

/** One alarming line. */
export interface Splat {
  readonly kind: SplatKind;
  readonly line: string;
}

/**
 * What the kernel prints when something is wrong. A `panic` is the end of the guest; a `splat` fails a cell that otherwise holds.
 * Texts: kernel/panic.c, arch/x86/kernel/dumpstack.c, lib/bug.c, kernel/rcu/tree_stall.h, kernel/watchdog.c, kernel/hung_task.c,
 * mm/oom_kill.c, mm/kasan/report.c, kernel/locking/lockdep.c.
 */
const PATTERNS: readonly { readonly kind: SplatKind; readonly pattern: RegExp; readonly later?: RegExp }[] = [
  { kind: 'panic', pattern: /Kernel panic - not syncing/ },
  { kind: 'splat', pattern: /\bkernel BUG at / },
  { kind: 'splat', pattern: /\bBUG: / },
  { kind: 'splat', pattern: /\bWARNING: / },
  { kind: 'splat', pattern: /\bOops: / },
  { kind: 'splat', pattern: /general protection fault/ },
  { kind: 'splat', pattern: /unable to handle (?:kernel|page fault)/i },
  { kind: 'splat', pattern: /\bINFO: task /, later: /blocked for more than/ },
  { kind: 'splat', pattern: /\brcu/, later: /detected stall|self-detected stall|detected expedited stalls/ },
  { kind: 'splat', pattern: /watchdog: (?:BUG: )?(?:soft|hard) lockup|Watchdog detected hard LOCKUP/ },
  { kind: 'splat', pattern: /Out of memory|oom-kill:/ },
  { kind: 'splat', pattern: /\bKASAN: |\bUBSAN: |\bKCSAN: |\bKFENCE: / },
  {
    kind: 'splat',
    pattern: /possible (?:circular|recursive) locking|inconsistent lock state|suspicious RCU usage/,
  },
  { kind: 'splat', pattern: /refcount_t: / },
];

/**
 * The splat in one log line, or null. `later` comes after `pattern`: one expression with `.*` between them takes time with the square of a
 * line's length, and a guest may print a line of megabytes.
 */
export function scanLine(line: string): Splat | null {
  for (const { kind, pattern, later } of PATTERNS) {
    const found = pattern.exec(line);
    if (found !== null && (later === undefined || later.test(line.slice(found.index))))
      return { kind, line: line.trim() };
  }
  return null;
}

/** All splats of a log, in order. */
export function scanLog(lines: readonly string[]): Splat[] {
  return lines.flatMap(line => scanLine(line) ?? []);
}

/** Lines of a console, without the carriage returns at their ends; the last one may be unfinished. In linear time, whatever a guest prints. */
export function consoleLines(text: string): string[] {
  const lines = text.split('\n');
  return lines.map((line, index) => (index === lines.length - 1 ? line : withoutReturns(line)));
}

function withoutReturns(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\r') end -= 1;
  return line.slice(0, end);
}

/** A line of the kernel's log without the time that the kernel puts before it. */
export function withoutTime(line: string): string {
  return line.replace(/^\[\s*\d+\.\d+\]\s*/, '');
}
