import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError } from './agent-error.ts';
import { readGuestFile } from './command.ts';
import type { AgentCaller } from './protocol.ts';

/** The file of mm/kmemleak.c. */
const FILE = '/sys/kernel/debug/kmemleak';

/** Only what has been there for longer is reported: MSECS_MIN_AGE of mm/kmemleak.c is 5000. */
const AGE_MS = 5_500;

/** A scan reads all memory of the kernel: under emulation, with KASAN, seconds. */
const SCAN = { timeoutMs: 120_000 } as const;

/** Most of a report that is read, in bytes. */
const REPORT_BYTES = 16 * 1024 * 1024;

/**
 * Makes everything that is lost in a guest so far no leak of a cell, and ends the scans that the kernel makes by itself: they would come at any
 * moment. Returns false where the leak detector is switched off.
 */
export async function forgetLeaks(guest: AgentCaller, ageMs = AGE_MS): Promise<boolean> {
  if (!(await command(guest, 'scan=off'))) return false;
  return (await scanTwice(guest, ageMs)) && (await command(guest, 'clear'));
}

/**
 * The report about what the kernel has allocated since {@link forgetLeaks} and nothing points to any more; empty where there is no such
 * memory. Null where the detector has switched itself off: nothing was searched for.
 */
export async function findLeaks(guest: AgentCaller, ageMs = AGE_MS): Promise<string | null> {
  if (!(await scanTwice(guest, ageMs))) return null;
  const report = await readGuestFile(guest, FILE, REPORT_BYTES);
  return report === null
    ? `unreferenced objects, of which the report has more than ${REPORT_BYTES} bytes\n`
    : report.toString('utf8');
}

/** The first scan computes checksums; the second one reports what has neither changed since nor become known: kmemleak_scan(). */
async function scanTwice(guest: AgentCaller, ageMs: number): Promise<boolean> {
  if (!(await command(guest, 'scan'))) return false;
  await sleep(ageMs);
  return await command(guest, 'scan');
}

/** Whether the detector took a command: it refuses all with EPERM once it is switched off. */
async function command(guest: AgentCaller, data: string): Promise<boolean> {
  try {
    await guest.call('write_file', { path: FILE, data }, SCAN);
    return true;
  } catch (error) {
    if (error instanceof AgentError && error.failure.errno === 'EPERM') return false;
    throw error;
  }
}

/** A report of leaked objects. */
export interface LeakSummary {
  /** One line, as that of a splat: how many there are, and of the first one its size and what allocated it. */
  readonly line: string;
  /** What the report has about the first objects. */
  readonly head: readonly string[];
}

/** How many objects of a report stand in {@link LeakSummary.head}. */
const HEAD_OBJECTS = 2;

/** The first line about an object: print_unreferenced() of mm/kmemleak.c, and of per-CPU memory from 6.13 on. */
const OBJECT = /^unreferenced (?:percpu )?object 0x[0-9a-f]+ \(size (\d+)\):/;

/** A line of a stack: `cpu_map_update_elem+0x2f1/0x7d0`; older kernels print the address before it. */
const CALLER = /^ {4}(?:\[<[^>]*>\] )?([A-Za-z_][\w.]*)\+0x/;

/**
 * Functions that allocate for others: of mm/slub.c, mm/slab_common.c, mm/util.c, mm/vmalloc.c, mm/percpu.c, kernel/bpf/syscall.c, lib/kasprintf.c, and the
 * leak detector's own.
 */
const ALLOCATORS =
  /^_*(?:kmemleak_|create_object|slab_|kmem_cache_|do_kmalloc|k[mvzc]*alloc|kv?realloc|kmemdup|kstrdup|kstrndup|kv?asprintf|v[mz]alloc|get_vm_area|alloc_vmap_area|pcpu_alloc|alloc_percpu|bpf_map_(?:area_alloc|kmalloc|kzalloc|kvcalloc|alloc_percpu))/;

/** Sums a report up; null for an empty one. */
export function summariseLeaks(report: string): LeakSummary | null {
  const lines = report.trimEnd().split('\n');
  if (report.trim() === '') return null;
  const starts = [...lines.keys()].filter(index => OBJECT.test(lines[index] ?? ''));
  const [first = 0, ...others] = starts;
  const head = lines.slice(0, others[HEAD_OBJECTS - 1] ?? lines.length);
  const size = OBJECT.exec(lines[first] ?? '')?.[1];
  if (size === undefined) return { line: `kmemleak: ${lines[0] ?? ''}`, head };
  const callers = lines.slice(first + 1, others[0]).flatMap(line => CALLER.exec(line)?.[1] ?? []);
  const owner = callers.find(name => !ALLOCATORS.test(name)) ?? callers[0];
  const where = owner === undefined ? '' : ` allocated in ${owner}`;
  const line =
    starts.length === 1
      ? `kmemleak: 1 unreferenced object of size ${size}${where}`
      : `kmemleak: ${starts.length} unreferenced objects, the first of size ${size}${where}`;
  return { line, head };
}
