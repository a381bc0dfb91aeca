import { z } from 'zod';

// The kinds of arguments and answers that the agent's ops have in common. Each argument's schema says what the agent checks as
// well: `wireArguments` compares the two.

/** Largest value of the kernel's u32. */
export const U32_MAX = 0xffff_ffff;

/** Bound of an argument that is 64 bits wide in the agent; above 2^53 - 1 a JSON number is not exact, and none is sent. */
export const EXACT_MAX = Number.MAX_SAFE_INTEGER;

/** An integer from `min` to `max`. */
export function int(min: number, max: number) {
  return z.int().min(min).max(max);
}

/** A CPU's number: CPU_MAX in images/agent/cpu/cpus.h. */
export const cpu = int(0, 8191);

/** Lower-case hex, two digits for each byte. */
export const hex = z
  .string()
  .regex(/^(?:[0-9a-f]{2})*$/)
  .meta({ wire: 'hex' });

/** The name of a map that a request of this session gave. */
export const map = z.string().describe('handle of a map');

/** The name of a program that a request of this session gave. */
export const program = z.string().describe('handle of a program');

/** A network device by name. */
export const device = z.string().describe('name of a device');

/** The capabilities that are in effect for this one request. */
export const caps = z
  .array(z.enum(['net_admin', 'sys_admin', 'perfmon', 'bpf']))
  .readonly()
  .optional()
  .describe('only these capabilities are in effect for this request');

/** Counts by name. */
export const counts = z.record(z.string(), z.int()).readonly();

/** A row of a table that the agent makes from BTF or tracefs: numbers by field, and lists of numbers. */
export const row = z.record(z.string(), z.union([z.int(), z.array(z.int()).readonly()])).readonly();

/** Rows by table: the name of an observer's map without `_rows`, or of a witness's event. */
export const tables = z.record(z.string(), z.array(row).readonly()).readonly();

/** The answer of an op that only does something. */
export const nothing = z.strictObject({}).readonly();
