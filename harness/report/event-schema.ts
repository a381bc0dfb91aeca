import { z } from 'zod';
import type { RunEvent } from '../model/events.ts';
import { cell, cellResult, host, kernelColumn, verdictCounts } from './run-schema.ts';

const at = z.iso.datetime();
const count = z.int().min(0);
const durationMs = z.number().min(0);

/** One line of `events.jsonl`. */
export const runEvent: z.ZodType<RunEvent> = z
  .discriminatedUnion('type', [
    z.object({
      at,
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
    z.object({ at, type: z.literal('kernel-ready'), kernel: kernelColumn, durationMs }),
    z.object({ at, type: z.literal('template-ready'), kernel: z.string(), shape: z.string(), durationMs }),
    z.object({ at, type: z.literal('kernel-failed'), kernel: z.string(), reason: z.string() }),
    z.object({ at, type: z.literal('cell-start'), cell: z.string() }),
    z.object({ at, type: z.literal('cell-end'), result: cellResult }),
    z.object({ at, type: z.literal('note'), level: z.enum(['info', 'warning']), text: z.string() }),
    z.object({
      at,
      type: z.literal('run-end'),
      counts: verdictCounts,
      unfinished: z.array(z.string()),
      interrupted: z.boolean(),
      durationMs,
      exitCode: z.int(),
    }),
  ])
  .meta({ title: 'bpfrig events.jsonl, one line' });
