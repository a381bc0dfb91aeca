import { z } from 'zod';
import { FEATURE_NAMES } from '../kernel/features.ts';
import { isRange } from '../kernel/ranges.ts';
import { FRAME_FIELD_NAMES } from '../model/frame-fields.ts';
import { BOUNDS } from './bounds.ts';
import { capturesSchema } from './captures.ts';
import { cveSchema } from './cve.ts';
import { guestSchema } from './guest-schema.ts';
import { namedFaultsSchema } from './named-faults.ts';
import { objectsSchema } from './objects.ts';
import { plainText } from './plain-text.ts';
import { stepSchema } from './step-schema.ts';
import type { Wrap } from './step-words.ts';
import { observeSchema } from './traced.ts';
import { TOPOLOGIES } from '../model/topology.ts';

const AXIS_NAME = /^[a-z][a-z0-9_]*$/;

/** An axis value: always text inside; whole numbers and booleans may be written bare. */
const axisValueText = z.union([plainText.max(BOUNDS.axisValue), z.int(), z.boolean()]);
const axisValue = axisValueText.transform(String);

const range = z
  .string()
  .refine(isRange, {
    error: issue => `\`${String(issue.input)}\` is not a range of kernel versions, such as ">=5.15 <7.0"`,
  })
  .describe('npm semver range over upstream kernel versions');

/** The id of a behaviour in a suite's catalogue, its nearest `coverage.yaml`, which `load.ts` compares it with: `12`, `C3`. */
const covered = z.union([z.int().min(1), z.string().regex(/^[A-Za-z]\w*$/)]);

/** Only `axes` and `exclude`: checked first, since all the rest depends on them. */
export const axesSchema = z.object({
  axes: z.record(z.string().regex(AXIS_NAME), z.array(axisValue).min(1)).default({}),
  exclude: z.array(z.record(z.string(), axisValue)).default([]),
});

/**
 * A scenario file. With {@link exactly} it is the shape after the axes are filled in; with {@link orAxis} the shape as
 * written, from which `scenario.schema.json` is made.
 */
export function scenarioSchema(wrap: Wrap) {
  const choice = axisValueText;
  const when = z
    .record(z.string(), z.union([choice, z.array(choice).min(1)]))
    .describe('only in variants that have these values') as unknown as z.ZodType<
    Record<string, string | string[]>
  >;
  const steps = z.array(stepSchema(wrap, when));
  const feature = z.enum(FEATURE_NAMES).describe('one of the features below');
  const field = z.enum(FRAME_FIELD_NAMES).describe('a part of a frame, or `order`');
  const requirement = z.union([feature, z.strictObject({ feature, when: when.optional() })]);
  const expectation = z.union([
    z.string(),
    z.strictObject({
      expr: z.string().describe('a CEL expression over counters'),
      when: when.optional(),
      kernels: range.optional(),
      because: z.string().optional().describe('why it is so only on these kernels'),
    }),
  ]);
  const known = z.strictObject({
    kernels: range,
    when: when.optional(),
    reason: z.string().min(1).describe('one sentence, with the upstream commit'),
    fails: namedFaultsSchema(when)
      .default([])
      .describe(
        'each expectation that fails, as it stands in `expect`, and each fault of the ledger; anything else that fails is no known failure',
      ),
    expect: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .default({})
      .describe(
        'what holds instead: a CEL expression, and an operator with another, such as "< cpumap.accepted"',
      ),
    splat: z
      .string()
      .optional()
      .describe('regular expression that every kernel splat of the failure matches'),
    panic: z
      .string()
      .optional()
      .describe('regular expression that the console matches when the kernel panics in this way'),
  });

  return z.strictObject({
    title: plainText.min(1).describe('one sentence: what holds; report lines show it'),
    source: plainText.min(1).describe('file and function in the kernel'),
    covers: z
      .array(covered)
      .default([])
      .describe('behaviours that it shows: numbers of the nearest coverage.yaml'),
    functions: z
      .array(z.string().regex(/^\w+$/))
      .default([])
      .describe("functions of the kernel's source that it goes through"),
    cve: cveSchema(wrap, when)
      .optional()
      .describe('the published defect of the kernel that the scenario shows; docs/cves.md'),
    requires: z
      .array(requirement)
      .default([])
      .describe('features that the kernel must have; without one of them the cell is `skip`'),
    changes: z
      .array(z.union([field, z.strictObject({ field, when: when.optional() })]))
      .default([])
      .describe(
        'what the scenario changes in frames, or the order of a flow: it is not compared with what was sent',
      ),
    kernels: range.optional(),
    because: z.string().optional().describe('why only on these kernels'),
    axes: z
      .record(z.string().regex(AXIS_NAME), z.array(axisValueText).min(1))
      .optional()
      .describe('values by name: each combination is a variant, in which `$name` is the value'),
    exclude: z
      .array(z.record(z.string(), axisValueText))
      .optional()
      .describe('combinations that are no variants, by the values that they have'),
    guest: guestSchema(wrap, when),
    topology: wrap(z.enum(TOPOLOGIES))
      .describe('link: two guests; all steps but those that send on `tx` are done in the one with `rx`')
      .optional(),
    objects: objectsSchema(wrap),
    observe: observeSchema(wrap),
    events: z
      .record(z.string().regex(/^.+\.\w+$/), wrap(z.string().regex(/^(?:(?:struct|union) )?\w+$/)))
      .default({})
      .describe(
        'types of the records of ring buffers and perf event arrays, by OBJECT.MAP: `{ fw.events: struct event }`; without it the one struct of that size',
      ),
    capture: capturesSchema(wrap),
    setup: steps.default([]).describe('done before counting begins: what is created, loaded and attached'),
    traffic: steps.default([]).describe('what is counted'),
    after: steps
      .default([])
      .describe('done when all packets have come to rest; what these steps set off is not counted'),
    expect: z
      .array(expectation)
      .min(1)
      .describe('CEL expressions over counters, step results and axes, each of which must be true'),
    known: z
      .array(known)
      .default([])
      .describe(
        'failures that an upstream defect explains: the cell is `known`, if it fails in just this way',
      ),
  });
}

/** A scenario's content with axes filled in, as the schema returns it. */
export type ScenarioDocument = z.infer<ReturnType<typeof scenarioSchema>>;
