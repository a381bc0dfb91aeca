import { z } from 'zod';
import { didYouMean } from '../util/nearest.ts';
import { C_NAME, NAME, type Wrap } from './step-words.ts';

/** A tracepoint of which events are counted and fields are added up. */
export interface TracedEvent {
  /** Its name in expectations: `traced.NAME`. */
  readonly as: string;
  /** `xdp:xdp_devmap_xmit`, as `perf list` names it. */
  readonly tracepoint: string;
  /** Fields by which its rows differ. */
  readonly by: readonly string[];
  /** Fields that are added up. */
  readonly sum: readonly string[];
}

/** TRACING_MAP_KEYS_MAX of kernel/trace/tracing_map.h: keys of one hist trigger. */
const MOST_KEYS = 3;
/** What hist triggers of one event can have together, see images/agent/observe/hist_text.c: two each, and three with one key. */
const MOST_SUMS = 6;
/** Of WITNESS_EVENTS in images/agent/observe/witness_plan.h some are bpfrig's own. */
const MOST_EVENTS = 8;

/** `observe` of a scenario. */
export function observeSchema(wrap: Wrap) {
  const field = wrap(z.string().regex(C_NAME));
  return z
    .array(
      z.strictObject({
        tracepoint: wrap(z.string().regex(/^\w+:\w+$/)).describe(
          'as `perf list` names it: `xdp:xdp_devmap_xmit`',
        ),
        by: z.array(field).min(1).max(MOST_KEYS).describe('fields by which events are counted apart'),
        sum: z.array(field).max(MOST_SUMS).default([]).describe('fields that are added up'),
        as: z
          .string()
          .regex(NAME)
          .optional()
          .describe("its name in expectations; the tracepoint's without it"),
      }),
    )
    .max(MOST_EVENTS)
    .default([])
    .describe('tracepoints to count by the kernel’s hist triggers: `traced.NAME.total.FIELD`');
}

type Observe = z.infer<ReturnType<typeof observeSchema>>;

/** As a run uses them; `doubled` is called with the index of one whose name an earlier one has. */
export function tracedEvents(observe: Observe, doubled: (index: number) => void): TracedEvent[] {
  const events = observe.map(({ as, ...rest }) => ({
    ...rest,
    as: as ?? rest.tracepoint.split(':')[1] ?? '',
  }));
  for (const [index, { as }] of events.entries())
    if (events.findIndex(one => one.as === as) < index) doubled(index);
  return events;
}

/** What is wrong with a name that begins with `traced`; null for any other. `path` is the name cut at its dots and indexes. */
export function tracedProblem(path: readonly string[], observe: readonly TracedEvent[]): string | null {
  const [root, name, part, field] = path;
  if (root !== 'traced' || name === undefined || name === '*') return null;
  const event = observe.find(({ as }) => as === name);
  if (event === undefined) {
    const known = observe.map(({ as }) => as);
    const has = known.length === 0 ? 'the scenario has no `observe`' : `observed are ${known.join(', ')}`;
    return `unknown name \`traced.${name}\`${didYouMean(name, known)} (${has})`;
  }
  const parts = ['total', 'rows'];
  if (part !== undefined && !parts.includes(part))
    return `unknown name \`traced.${name}.${part}\`${didYouMean(part, parts)} (has ${parts.join(', ')})`;
  const fields = ['events', ...event.sum];
  if (part !== 'total' || field === undefined || fields.includes(field)) return null;
  return `unknown name \`traced.${name}.total.${field}\`${didYouMean(field, fields)} (summed are ${fields.join(', ')})`;
}
