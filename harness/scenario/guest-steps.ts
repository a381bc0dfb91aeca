import { z } from 'zod';
import { execSchema } from './exec-step.ts';
import { faultSchema } from './fault-step.ts';
import { holdKinds } from './hold-steps.ts';
import { NAME, words } from './step-words.ts';
import type { Wrap } from './step-words.ts';

/** How long `gone` and `kthreads` wait for what a workqueue does in its own time. */
const PATIENCE_MS = 5000;

/** How long `enqueued` and `dequeued` wait: a source or a kthread under emulation, on a busy host, may take its time. */
const TRAFFIC_PATIENCE_MS = 20_000;

/** Steps that look at the guest, and those that hold it still. */
export function guestKinds(wrap: Wrap) {
  const { int, milliseconds, count, program, map, key, flag } = words(wrap);
  const cpu = () => int(0).describe('its number');
  const within = milliseconds(0).default(PATIENCE_MS).describe('milliseconds to wait for it');

  return {
    info: z
      .union([z.strictObject({ map }), z.strictObject({ program })])
      .describe('BPF_OBJ_GET_INFO_BY_FD and fdinfo'),
    kthreads: z
      .strictObject({
        map,
        count: int(0).optional().describe('wait until there are so many'),
        asleep: z.literal(true).optional().describe('and until each of them has run, and sleeps'),
        within,
      })
      .describe(
        "the map's kernel threads: `count`, `names`, and by `cpu` pid, comm, cpus_allowed, state, policy",
      ),
    gone: z
      .union([
        z.strictObject({ map, within }),
        z.strictObject({ program, within }),
        z.strictObject({ kthreads: map, within }),
      ])
      .describe('`gone`: whether the kernel has freed a map, a program, or a map’s threads'),
    sched: z
      .strictObject({
        map,
        key,
        cpus: z.array(z.int().min(0)).min(1).optional().describe('on which it may run'),
        policy: wrap(z.enum(['other', 'fifo', 'rr', 'batch', 'idle']))
          .optional()
          .describe('SCHED_*'),
        priority: int(0).optional().describe('sched_priority, 1 to 99 for fifo and rr'),
      })
      .describe("sched_setaffinity(2), sched_setscheduler(2) on the kernel thread of a map's entry"),
    stall: z
      .strictObject({ cpu: cpu() })
      .describe('let no ordinary task run on a CPU: a FIFO spinner, RT throttling and the fair server off'),
    release: z
      .union([
        z.strictObject({ cpu: cpu() }),
        z.strictObject({ hold: wrap(z.string().regex(NAME)).describe('its `name`') }),
      ])
      .describe('undo `stall`, or let the CPU of a `hold` go on'),
    cpu: z
      .strictObject({ cpu: cpu(), online: flag.describe('false takes it offline') })
      .describe('take a CPU offline, or back'),
    rlimit: z
      .strictObject({ memlock: int(0, Number.MAX_SAFE_INTEGER).describe('bytes') })
      .describe('bytes that the process may lock, as the soft RLIMIT_MEMLOCK'),
    wait: z
      .strictObject({ for: milliseconds(1).describe('milliseconds') })
      .describe('wait so many milliseconds'),
    enqueued: z
      .strictObject({
        count,
        within: milliseconds(0).default(TRAFFIC_PATIENCE_MS).describe('milliseconds'),
      })
      .describe('wait until so many packets have been offered to cpumaps, in their rings or refused'),
    dequeued: z
      .strictObject({
        count: count.optional().describe('default: as many as the sources have sent so far'),
        within: milliseconds(0).default(TRAFFIC_PATIENCE_MS).describe('milliseconds'),
      })
      .describe('wait until kthreads have taken so many packets out of rings, and all of them sleep again'),
    ...holdKinds(wrap),
    fault: faultSchema(wrap),
    exec: execSchema(wrap),
    write: z
      .strictObject({
        path: z.string().describe('in the guest'),
        value: wrap(z.union([z.string(), z.number()])).describe('its new content, without a line feed'),
      })
      .describe('write(2) to a file in the guest, such as one of sysfs'),
    read: z.strictObject({ path: z.string().describe('in the guest') }).describe('read a file in the guest'),
  };
}
