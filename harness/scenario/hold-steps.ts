import { z } from 'zod';
import { NAME, words } from './step-words.ts';
import type { Wrap } from './step-words.ts';

/** A function in /proc/kallsyms: a name in C, with the suffix that a compiler gives a copy, `.isra.0`. */
const FUNCTION = /^[A-Za-z_][\w.]*$/;

/** A function, and an offset in it as the kernel's backtraces have it: `bq_enqueue+0x1c`. */
const PLACE = /^[A-Za-z_][\w.]*(?:\+0x[0-9a-f]+)?$/;

/** How long a CPU is held at most, in milliseconds. Stalls of RCU are reported after 21 s, soft lockups after 20 s, and a guest whose agent
 * waits for that CPU is taken for a hang after 8 s (guest/running-guest.ts). */
export const LIMIT_MS = { default: 4000, most: 7000 } as const;

/** How long `held` and `runnable` wait: what is to come there may be slow under emulation, on a busy host. */
const PATIENCE_MS = 20_000;

/** Far more than a cell calls any function. */
const MOST_HITS = 1_000_000;

/** Steps that hold one CPU of the guest at a place in its kernel, while the others go on. */
export function holdKinds(wrap: Wrap) {
  const { int, milliseconds } = words(wrap);
  const name = wrap(z.string().regex(NAME));
  const within = milliseconds(0).default(PATIENCE_MS).describe('milliseconds to wait for it');

  return {
    hold: z
      .strictObject({
        name: name.describe('what `held` and `release` call it'),
        at: wrap(z.string().regex(PLACE)).describe(
          "a function of the kernel's or a module's, where it begins; `bq_enqueue+0x1c`: at that instruction of it, which is another one in each build",
        ),
        cpu: int(0).describe('the CPU that is held; others go on at that place'),
        called_from: wrap(z.string().regex(FUNCTION))
          .optional()
          .describe('only where this function calls it, which has to begin after this step'),
        return: z
          .literal(true)
          .optional()
          .describe('not where the function begins, but where it has returned to'),
        hit: int(1, MOST_HITS).default(1).describe('which of the times the CPU comes there'),
        limit: wrap(
          z
            .int()
            .min(1)
            .max(LIMIT_MS.most, {
              error: `longer than a CPU may be held: ${LIMIT_MS.most} ms at most, or the kernel reports a stall`,
            }),
        )
          .default(LIMIT_MS.default)
          .describe('milliseconds after which it goes on by itself, and the cell is an error'),
      })
      .superRefine(({ at, called_from, return: after }, ctx) => {
        if (!at.includes('+') || (called_from === undefined && after === undefined)) return;
        const key = called_from === undefined ? 'return' : 'called_from';
        const message = `\`${key}\` is for the beginning of a function: elsewhere its return address is not where it was`;
        ctx.addIssue({ code: 'custom', path: [key], message });
      })
      .describe(
        'hold a CPU as soon as it comes to a place in the kernel, while the others go on; it fails the cell if the CPU never comes there',
      ),
    held: z
      .union([name, z.strictObject({ hold: name.describe('its `name`'), within })])
      .describe('wait until the CPU of a `hold` is there'),
    runnable: z
      .strictObject({
        cpu: int(0).describe('its number'),
        priority: int(1, 99).describe('of its SCHED_FIFO or SCHED_RR, as `live` has it'),
        within,
      })
      .describe(
        'wait until a real-time task of that priority runs or waits for its turn on a CPU, as the debug file of the scheduler has it',
      ),
  };
}

/** The name that a step `held` says. */
export function heldName(args: string | { readonly hold: string }): string {
  return typeof args === 'string' ? args : args.hold;
}

/** How long a step `held` waits, in milliseconds. */
export function heldWithin(args: string | { readonly within: number }): number {
  return typeof args === 'string' ? PATIENCE_MS : args.within;
}
