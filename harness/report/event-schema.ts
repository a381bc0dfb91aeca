import { z } from 'zod';
import type { Link } from '../model/event-lines.ts';
import type { RunEvent } from '../model/events.ts';
import { RUN_EXIT_CODES } from '../model/exit-code.ts';
import { codeCoverage } from './code/schema.ts';
import { cell, cellResult, host, kernelColumn, verdictCounts } from './run-schema.ts';

const common = {
  seq: z.int().min(0).meta({ description: 'Number of the line, from 0' }),
  prev: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .meta({
      description: 'First 16 hex digits of the SHA-256 of the line before; 16 zeros in the first line',
    }),
  at: z.iso.datetime(),
};
const count = z.int().min(0);
const durationMs = z.number().min(0);

/** One line of `events.jsonl`. */
export const eventLine: z.ZodType<Link & RunEvent> = z
  .discriminatedUnion('type', [
    z.object({
      ...common,
      type: z.literal('run-start'),
      runId: z.string(),
      schema: z.int(),
      argv: z.array(z.string()),
      host,
      kernels: z.array(z.string()),
      cells: z.array(cell),
      jobs: count,
      shard: z.object({ index: z.int().min(1), count: z.int().min(1), plan: z.array(cell) }).optional(),
    }),
    z.object({ ...common, type: z.literal('kernel-ready'), kernel: kernelColumn, durationMs }),
    z.object({
      ...common,
      type: z.literal('template-ready'),
      kernel: z.string(),
      shape: z.string(),
      durationMs,
    }),
    z.object({ ...common, type: z.literal('kernel-failed'), kernel: z.string(), reason: z.string() }),
    z.object({ ...common, type: z.literal('cell-start'), cell: z.string() }),
    z.object({ ...common, type: z.literal('cell-end'), result: cellResult }),
    z.object({
      ...common,
      type: z.literal('code-coverage'),
      kernel: z.string(),
      coverage: codeCoverage,
    }),
    z.object({ ...common, type: z.literal('note'), level: z.enum(['info', 'warning']), text: z.string() }),
    z.object({
      ...common,
      type: z.literal('run-end'),
      counts: verdictCounts,
      unfinished: z.array(z.string()),
      interrupted: z.boolean(),
      durationMs,
      exitCode: z.literal([...RUN_EXIT_CODES]),
    }),
  ])
  .meta({ title: 'bpfrig events.jsonl, one line' });
