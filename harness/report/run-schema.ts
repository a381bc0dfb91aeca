import { z } from 'zod';
import type { Cell, CellResult } from '../model/cell.ts';
import type { HostFacts, KernelColumn } from '../model/events.ts';
import { CVE_STATUSES, type CveFacts } from '../model/cve.ts';
import { ARCH_NAMES, FLAVOURS } from '../model/kernel.ts';
import { VERDICT_NAMES, type VerdictCounts } from '../model/verdict.ts';
import type { CveRow } from './cve/cve-rows.ts';
import { SINCE_KINDS, type RowSince } from './since.ts';

// Annotated with the model's types, so that a field that is added to the model but not here is a compile error.
// Objects accept unknown fields: a later bpfrig may add fields without a new schema version, but never remove any.

const count = z.int().min(0);
const durationMs = z.number().min(0);
/** Wall time by phase, in milliseconds. */
export const phases = z.record(z.string(), durationMs);

/** A published defect. */
const cveFacts: z.ZodType<CveFacts> = z
  .object({
    id: z.string(),
    subject: z.string(),
    commit: z.string().nullable(),
    fixed: z.array(z.string()),
  })
  .meta({ id: 'cve', description: 'A published defect of the kernel, as the scenario states it' });

/** A cell of the plan. */
export const cell: z.ZodType<Cell> = z
  .object({
    id: z.string(),
    scenario: z.string(),
    title: z.string(),
    file: z.string(),
    variant: z.record(z.string(), z.string()),
    kernel: z.string(),
    cve: cveFacts.optional(),
  })
  .meta({ id: 'cell', description: 'One variant of one scenario on one kernel' });

/** Counts by verdict; every verdict has an entry. */
export const verdictCounts: z.ZodType<VerdictCounts> = z.record(z.enum(VERDICT_NAMES), count);

/** The host of the run. */
export const host: z.ZodType<HostFacts> = z.object({
  bpfrig: z.string(),
  node: z.string(),
  qemu: z.string(),
  accel: z.enum(['kvm', 'tcg']),
  accelReason: z.string(),
  cpus: count,
  memoryMiB: z.number().min(0),
});

/** A kernel that was made ready. */
export const kernelColumn: z.ZodType<KernelColumn> = z
  .object({
    id: z.string(),
    spec: z.string(),
    series: z.string(),
    flavour: z.enum(FLAVOURS),
    // Runs of before there were others.
    arch: z.enum(ARCH_NAMES).default('amd64'),
    version: z.string(),
    release: z.string(),
    packages: z.array(z.object({ name: z.string(), version: z.string(), sha256: z.string() })),
    notes: z.array(z.string()),
  })
  .meta({ id: 'kernel' });

const ledger = z
  .object({
    stages: z.array(
      z.object({
        name: z.string(),
        in: z.number(),
        enters: z
          .record(z.string(), z.number())
          .default({})
          .meta({ description: 'Packets that no other stage handed over, by where they come from' }),
        out: z.record(z.string(), z.number()),
        to: z
          .record(z.string(), z.string())
          .default({})
          .meta({ description: 'Edges: the stage that packets of a name in `out` go on to' }),
        residual: z.number().meta({
          description: 'Packets that are not accounted for; negative if more came out than went in',
        }),
      }),
    ),
    sinks: z.array(
      z.object({
        name: z.string(),
        packets: z.number(),
        claimed: z.boolean(),
        needed: z.boolean().default(true),
        received: z.boolean().default(false),
      }),
    ),
    origins: z
      .array(z.object({ name: z.string(), packets: z.number(), claimed: z.boolean() }))
      .default([])
      .meta({ description: 'Places where the kernel makes packets' }),
    identity: z
      .array(z.object({ name: z.string(), packets: z.number(), claimed: z.boolean(), text: z.string() }))
      .default([])
      .meta({ description: 'Packets that arrived and are not those that were sent' }),
    absent: z.string().nullable(),
  })
  .meta({ id: 'ledger', description: 'The account of every packet from sent to delivered' });

/** The result of a cell. */
export const cellResult: z.ZodType<CellResult> = z
  .object({
    cell,
    verdict: z.enum(VERDICT_NAMES),
    reason: z.string(),
    expectations: z.array(
      z.object({
        expr: z.string(),
        ok: z.boolean(),
        values: z.string().nullable(),
        line: count,
        error: z.string().nullable(),
      }),
    ),
    ledger: ledger.nullable(),
    counters: z.record(z.string(), z.json()),
    phases,
    durationMs,
    earlierTries: z.array(z.object({ verdict: z.enum(VERDICT_NAMES), reason: z.string() })),
    repeat: z.string(),
    consoleTail: z.array(z.string()),
    detail: z.string().nullable(),
    dir: z.string(),
    artifacts: z
      .array(z.string())
      .optional()
      .meta({ description: 'Files in the folder of the cell that the scenario asked for' }),
    cve: z
      .object({ status: z.enum(CVE_STATUSES), why: z.string() })
      .optional()
      .meta({ description: 'What the cell shows about the defect of its scenario' }),
  })
  .meta({ id: 'result', description: 'One cell and its verdict' });

const rowSince: z.ZodType<RowSince> = z
  .object({
    scenario: z.string(),
    variant: z.record(z.string(), z.string()),
    arch: z.enum(ARCH_NAMES),
    since: z.object({
      kind: z.enum(SINCE_KINDS),
      kernel: z.string().nullable().meta({ description: 'First kernel for `since`, last one for `until`' }),
      other: z.string().nullable().meta({ description: 'Nearest kernel on which the row does not hold' }),
      unmeasured: z.array(z.string()).meta({ description: 'Kernels without an answer' }),
      between: z.array(z.string()).meta({ description: 'Kernels without an answer where the change may be' }),
    }),
  })
  .meta({
    id: 'row',
    description: 'A variant of a scenario, and on which kernels of an architecture it holds, as measured',
  });

const cveRow: z.ZodType<CveRow> = z
  .object({
    cve: cveFacts,
    kernels: z.array(
      z.object({
        kernel: z.string(),
        status: z.enum(CVE_STATUSES).nullable().meta({ description: 'Null: no cell was planned' }),
        cells: z.array(z.object({ cell: z.string(), status: z.enum(CVE_STATUSES), why: z.string() })),
      }),
    ),
  })
  .meta({ id: 'cveRow', description: 'A defect, and what each kernel showed of it' });

/** The document `run.json`. */
export const runDocument = z
  .object({
    schema: z.int().meta({ description: 'Version of this schema' }),
    runId: z.string().nullable(),
    startedAt: z.iso.datetime().nullable(),
    argv: z.array(z.string()),
    host: host.nullable(),
    jobs: count,
    complete: z.boolean().meta({ description: 'False when the end of the run was not seen' }),
    interrupted: z.boolean(),
    exitCode: z.int().meta({ description: 'Computed from the cells; a run without an end is never 0' }),
    durationMs,
    counts: verdictCounts,
    laterTries: count.meta({
      description: 'Cells whose first try the host spoiled and that got a verdict in a later one',
    }),
    kernels: z.array(
      z.object({
        id: z.string(),
        kernel: kernelColumn.nullable(),
        failure: z.string().nullable(),
        prepareMs: durationMs,
        planned: count,
        unfinished: count,
        counts: verdictCounts,
        phases,
      }),
    ),
    cells: z.array(cellResult),
    unfinished: z.array(z.object({ cell, reason: z.string() })),
    rows: z.array(rowSince).default([]),
    cves: z.array(cveRow).default([]),
    notes: z.array(z.object({ level: z.enum(['info', 'warning']), text: z.string() })),
  })
  .meta({ title: 'bpfrig run.json' });

/** `run.json` as a value. */
export type RunDocument = z.infer<typeof runDocument>;
