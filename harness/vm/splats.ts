/** What a line of the kernel's log shows of the kernel's state. */
export type SplatKind = 'panic' | 'splat';

/** One alarming line. */
export interface Splat {
  readonly kind: SplatKind;
  readonly line: string;
}

/** A line that has `pattern`, and `later` somewhere behind it. */
interface LinePattern {
  readonly pattern: RegExp;
  readonly later?: RegExp;
}

/**
 * What the kernel prints when something is wrong. A `panic` is the end of the guest; a `splat` fails a cell that otherwise holds.
 * Texts: kernel/panic.c, die() of each architecture, lib/bug.c, kernel/rcu/tree_stall.h, kernel/watchdog.c, kernel/hung_task.c,
 * mm/oom_kill.c, and where a line says so. The headings of kernel/locking/lockdep.c, kernel/sched/core.c, kernel/workqueue.c,
 * kernel/locking/spinlock_debug.c, mm/kasan/report.c and mm/kfence/report.c begin with `WARNING: ` or `BUG: `.
 */
const PATTERNS: readonly (LinePattern & { readonly kind: SplatKind })[] = [
  { kind: 'panic', pattern: /Kernel panic - not syncing/ },
  { kind: 'splat', pattern: /\bkernel BUG at / },
  { kind: 'splat', pattern: /\bBUG: / },
  { kind: 'splat', pattern: /\bWARNING: / },
  { kind: 'splat', pattern: /\bOops: / },
  // die() of every architecture numbers what it reports, and few of its reports have the word Oops: `divide error: 0000 [#1] PREEMPT SMP` (x86 before
  // 6.11), `Internal error: SP/PC alignment exception: 000000008a000000 [#1] SMP` (arm64), `addressing exception: 0005 ilc:3 [#1] SMP` (s390x).
  { kind: 'splat', pattern: /\w \[#\d+\](?:\s|$)/ },
  { kind: 'splat', pattern: /general protection fault/ },
  { kind: 'splat', pattern: /unable to handle (?:kernel|page fault)/i },
  { kind: 'splat', pattern: /\bINFO: task /, later: /blocked for more than/ },
  { kind: 'splat', pattern: /\brcu/, later: /detected stall|self-detected stall|detected expedited stalls/ },
  { kind: 'splat', pattern: /watchdog: (?:BUG: )?(?:soft|hard) lockup|Watchdog detected hard LOCKUP/ },
  { kind: 'splat', pattern: /Out of memory|oom-kill:/ },
  // lib/ubsan.c, kernel/kcsan/report.c.
  { kind: 'splat', pattern: /\bKASAN: |\bUBSAN: |\bKCSAN: |\bKFENCE: / },
  // kernel/locking/lockdep.c of kernels whose headings have neither word.
  {
    kind: 'splat',
    pattern: /possible (?:circular|recursive) locking|inconsistent lock state|suspicious RCU usage/,
  },
  // kernel/locking/lockdep.c, include/linux/debug_locks.h: these are followed by a stack, or by a WARNING that does not name the lock's fault.
  { kind: 'splat', pattern: /\bINFO: trying to register non-static key|\bDEBUG_LOCKS_WARN_ON\(/ },
  // mm/slub.c, slab_bug(): `BUG kmalloc-64 (Not tainted): Right Redzone overwritten`.
  { kind: 'splat', pattern: /\bBUG /, later: /\((?:Not tainted|Tainted: )/ },
  // lib/debugobjects.c.
  { kind: 'splat', pattern: /\bODEBUG: /, later: /\(active state|NOT annotated|but annotated/ },
  // lib/list_debug.c.
  { kind: 'splat', pattern: /\blist_(?:add|del) corruption\b|\blist_add double add: / },
  // lib/percpu-refcount.c.
  { kind: 'splat', pattern: /\bpercpu ref \(/, later: / after switching to atomic/ },
  { kind: 'splat', pattern: /\bpercpu_ref_kill_and_confirm called more than once/ },
  // net/core/page_pool.c: pages of a pool that was destroyed a minute ago, and that nobody has given back.
  {
    kind: 'splat',
    pattern: /\bpage_pool_release_retry\(\) stalled pool shutdown|\bpage_pool refcnt -?\d+ violation/,
  },
  { kind: 'splat', pattern: /refcount_t: / },
];

/**
 * A detector that switches itself off because its own tables are full, which is no fault of the kernel: kernel/locking/lockdep.c
 * (print_lockdep_off), mm/kmemleak.c, lib/debugobjects.c. What it would have found from then on, nobody sees.
 */
const LIMITS: readonly (LinePattern & { readonly remedy: string })[] = [
  {
    pattern: /\bBUG: MAX_(?:LOCKDEP_[A-Z_]+|LOCK_DEPTH|STACK_TRACE_ENTRIES) too low!/,
    remedy: 'the options CONFIG_LOCKDEP_..._BITS make its tables larger',
  },
  {
    pattern: /\bkmemleak: Kernel memory leak detector disabled/,
    remedy: 'CONFIG_DEBUG_KMEMLEAK_MEM_POOL_SIZE makes its pool larger',
  },
  { pattern: /\bODEBUG: [Oo]ut of memory/, remedy: 'the guest needs more memory' },
];

/**
 * The splat in one log line, or null. `later` comes after `pattern`: one expression with `.*` between them takes time with the square of a
 * line's length, and a guest may print a line of megabytes.
 */
export function scanLine(line: string): Splat | null {
  const found = PATTERNS.find(one => matches(one, line));
  if (found === undefined || LIMITS.some(one => matches(one, line))) return null;
  return { kind: found.kind, line: line.trim() };
}

function matches({ pattern, later }: LinePattern, line: string): boolean {
  const found = pattern.exec(line);
  return found !== null && (later === undefined || later.test(line.slice(found.index)));
}

/** The detectors of the kernel that switched themselves off, one sentence each. */
export function detectorsOff(lines: readonly string[]): string[] {
  return lines.flatMap(line => {
    const limit = LIMITS.find(one => matches(one, line));
    if (limit === undefined) return [];
    return `a detector of the kernel has switched itself off, and the rest of the cell went by unseen: ${withoutTime(line).trim()} (${limit.remedy})`;
  });
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
