import { z } from 'zod';
import { op } from './op.ts';
import { cpu, int, nothing } from './words.ts';

/** CPUs, kernel threads and their scheduling. */
export const CPU_OPS = {
  kthreads: op(
    'Kernel threads whose name begins with `prefix`.',
    { prefix: z.string() },
    z
      .object({
        rows: z
          .array(
            z
              .object({
                pid: z.int(),
                comm: z.string(),
                cpus_allowed: z.array(z.int()).readonly(),
                state: z.string(),
                policy: z.string(),
              })
              .readonly(),
          )
          .readonly(),
      })
      .readonly(),
  ),
  sched: op(
    'Moves a thread to other CPUs, or to another policy.',
    {
      pid: int(1, 0x7fff_ffff),
      cpus: z.array(z.int()).readonly().optional(),
      policy: z.enum(['other', 'fifo', 'rr', 'batch', 'idle']).optional(),
      priority: int(0, 99).optional(),
    },
    nothing,
  ),
  hog: op(
    'Starts or ends a FIFO spinner on a CPU. User tasks are moved off it; RT throttling and the fair server are off meanwhile.',
    { cpu, on: z.boolean() },
    nothing,
  ),
};
