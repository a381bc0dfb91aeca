import { z } from 'zod';
import {
  LOAD_SCHEMA,
  LOAD_STATES,
  type LoadCell,
  type LoadedObject,
  type LoadFigures,
  type LoadReport,
} from '../model/load-report.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { host, kernelColumn } from './run-schema.ts';

// As in run-schema.ts: annotated with the model's types, and unknown fields are accepted.

const count = z.int().min(0);
const perhaps = count.nullable();

const figures: z.ZodType<LoadFigures> = z
  .object({
    verified_insns: perhaps.describe('what the kernel keeps (bpf_prog_info); null before 5.16'),
    total_insns: perhaps.describe("instructions that the verifier walked, by its log: veristat's figure"),
    total_states: perhaps,
    peak_states: perhaps,
    max_states_per_insn: perhaps,
    max_mark_read_len: perhaps,
    stack_depth: perhaps.describe('bytes, all functions together'),
    duration: perhaps.describe('microseconds in the verifier; under emulation only for a comparison'),
    prog_size: count.describe('instructions as libbpf passes them to the kernel'),
    xlated_bytes: perhaps.describe("after the verifier's rewriting"),
    prog_size_jited: perhaps.describe('bytes of machine code'),
    prog_type: count.describe('enum bpf_prog_type'),
    attach_type: count.describe('enum bpf_attach_type'),
  })
  .meta({ id: 'figures', description: "Figures of a program, by veristat's names where it has them" });

const cell: z.ZodType<LoadCell> = z
  .object({
    kernel: z.string().describe('id of a kernel'),
    file_name: z.string(),
    prog_name: z.string(),
    state: z.enum(LOAD_STATES),
    reason: z.string().describe("one line, mostly the verifier's last; empty for a program that was loaded"),
    call: z.string().nullable().describe('the system call that failed'),
    errno: z.string().nullable(),
    source: z.string().nullable().describe('the line of source at which the verifier stopped'),
    place: z.string().nullable().describe('FILE:LINE of it, since 6.9'),
    lines: z.array(z.string()).describe("the end of the verifier's log, libbpf's words, or the console"),
    figures: figures.nullable(),
  })
  .meta({ id: 'load-cell', description: 'One program on one kernel' });

const object: z.ZodType<LoadedObject> = z.object({
  file_name: z.string(),
  path: z.string(),
  problem: z.string().nullable().describe('why no kernel was asked'),
  programs: z.array(
    z.object({
      prog_name: z.string(),
      section: z.string(),
      autoload: z.boolean().describe("false: the section begins with '?'"),
    }),
  ),
});

/** What `bpfrig load --json` writes. */
export const loadDocument: z.ZodType<LoadReport> = z
  .object({
    schema: z.int(),
    kind: z.literal('load'),
    startedAt: z.string(),
    durationMs: z.number().min(0),
    host,
    kernels: z.array(
      z.object({
        id: z.string(),
        kernel: kernelColumn.nullable(),
        problem: z.string().nullable().describe('why it is unavailable'),
      }),
    ),
    objects: z.array(object),
    cells: z.array(cell),
    exitCode: count,
  })
  .meta({ description: 'Every program of some BPF objects on every kernel' });

/** Reads what `bpfrig load --json` wrote. Throws `usage` for another file; `path` is what messages call it. */
export function readLoadReport(text: string, path: string): LoadReport {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new BpfrigError('usage', `${path} is not JSON: ${messageOf(error)}`, { cause: error });
  }
  const parsed = loadDocument.safeParse(document);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') ?? '';
    throw new BpfrigError(
      'usage',
      `${path} is not a report of bpfrig load: ${where}: ${issue?.message ?? ''}`,
    );
  }
  if (parsed.data.schema !== LOAD_SCHEMA)
    throw new BpfrigError(
      'usage',
      `${path} has schema ${parsed.data.schema}; this bpfrig reads ${LOAD_SCHEMA}`,
    );
  return parsed.data;
}
