import { z } from 'zod';
import { BOUNDS, grouped } from './bounds.ts';
import type { Wrap } from './step-words.ts';

/** How long a command may take whose step does not say so. */
export const EXEC_MS = 10_000;

/** Milliseconds of each unit that a duration may have. */
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000 };

const DURATION = /^(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|min)$/;

/** A duration in milliseconds: a number is one, and `60 s`, `1.5 min` are texts. Null for any other text. */
export function durationMs(value: number | string): number | null {
  if (typeof value === 'number') return value;
  const [, amount, unit = ''] = DURATION.exec(value) ?? [];
  return amount === undefined ? null : Math.round(Number(amount) * (UNIT_MS[unit] ?? 0));
}

/** `exec`: a command in the guest. */
export function execSchema(wrap: Wrap) {
  const path = wrap(z.string().min(1).max(4096));
  const timeout = z.union([z.int(), z.string()]).superRefine((value, ctx) => {
    const ms = durationMs(value);
    const error =
      ms === null
        ? `\`${value}\` is not a duration: write milliseconds, or a text such as "60 s"`
        : ms < 1 || ms > BOUNDS.waitMs
          ? `must be between 1 and ${grouped(BOUNDS.waitMs)} ms (10 min)`
          : null;
    if (error !== null) ctx.addIssue({ code: 'custom', message: error });
  });
  return z
    .strictObject({
      argv: z
        .array(wrap(z.string()))
        .min(1)
        .max(BOUNDS.guestItems)
        .describe('the program, found by PATH, and its arguments; no shell is between'),
      env: z
        .record(z.string().regex(/^[A-Za-z_]\w*$/), wrap(z.union([z.string(), z.number(), z.boolean()])))
        .optional()
        .describe("variables, in addition to the agent's own"),
      stdin: wrap(z.string().max(BOUNDS.stdinBytes)).optional().describe('standard input; empty without it'),
      cwd: path.optional().describe('folder in which it runs; default: /root, where `guest: { files }` are'),
      netns: wrap(z.string().min(1).max(64)).optional().describe('one of `guest: { netns }`'),
      status: wrap(z.int().min(0).max(255))
        .optional()
        .describe('the exit status that is right; default: 0, unless an expectation reads it'),
      timeout: wrap(timeout)
        .optional()
        .describe('milliseconds, or a text such as "60 s"; default: 10 s, at most 10 min. It is killed then'),
      artifacts: z
        .array(path)
        .max(BOUNDS.guestItems)
        .optional()
        .describe("files of the guest that are copied into the cell's folder once it has ended"),
    })
    .describe('run a command in the guest; its output is an artifact too: exec-LINE.log');
}
