import { z } from 'zod';
import { commitTexts, FEATURE_NAMES, FEATURES, sinceText } from '../kernel/features.ts';
import { markdownTable } from '../util/markdown-table.ts';
import { scenarioSchema } from './schema.ts';
import { resultFields } from './step-results.ts';
import { STEP_KINDS, type StepKind } from './step-schema.ts';
import { exactly } from './step-words.ts';

type Schema = z.core.JSONSchema.BaseSchema;

const HEAD = `# Reference of scenarios

Generated from the schemas in \`harness/scenario/\` and the features in \`harness/kernel/features.ts\`: do not edit.

Explained by examples in [scenarios.md](scenarios.md). The counters that expectations name are in [counters.md](counters.md). Any value of a
step may also be \`$axis\`. A key without a default and without "optional" is required.
`;

/** The reference of every key, step, result of a step, and feature, as Markdown: `docs/reference.md`. */
export function scenarioReference(): string {
  const { scenario, step } = schemas();
  const kinds = new Set<string>(STEP_KINDS);
  const common = Object.entries(step.properties ?? {}).filter(([key]) => !kinds.has(key) && key !== 'repeat');
  return [
    HEAD,
    `## Keys\n\n${keyTable(scenario, ['setup', 'traffic', 'after'])}`,
    `## Steps\n\nKeys of every step, next to the one that names its kind:\n\n${table(common.map(([key, schema]) => rowOf(key, schema as Schema, false)))}`,
    ...stepFacts().map(stepSection),
    `### repeat\n\nDoes some steps several times over: \`times\`, and the \`steps\`, which cannot contain another \`repeat\`.\n`,
    packetSections(step),
    `## Features\n\nNames for \`requires\`. Where there is a probe, the guest's kernel decides; else its version does, or its configuration. What a scenario's guest and steps imply (\`btf\` of an fentry program, \`numa\` of \`guest: { numa }\`) need not be written.\n\n${featureTable()}`,
  ].join('\n');
}

/** The layers of packets, which several steps take, once: those within a tunnel are the same. */
function packetSections(step: Schema): string {
  const packets = step.properties?.['packets'] as Schema | undefined;
  const frames = packets?.properties?.['frames'] as Schema | undefined;
  const item = isSchema(frames?.items) ? frames.items : {};
  const all = Object.entries((item.properties ?? {}) as Record<string, Schema>);
  const isLayer = (schema: Schema): boolean => schema.type === 'object' && schema.properties !== undefined;
  const layers = all.filter(([key, schema]) => isLayer(schema) && key !== PACKET_WITHIN);
  const others = all.filter(([key, schema]) => !isLayer(schema) || key === PACKET_WITHIN);
  const rows = others.map(([key, schema]) =>
    key === PACKET_WITHIN
      ? [`\`${key}\``, 'the layers of a packet', 'optional', schema.description ?? '']
      : rowOf(key, schema, false),
  );
  return [
    `## Packets\n\nAn item of \`packets\`, and the \`frame\` of \`test_run\` (without \`hex\`, \`pcap\` and \`fragment\`). Every field of a layer is optional; its meaning says its default.\n\n${table(rows)}`,
    ...layers.map(
      ([key, schema]) => `### ${key}\n\n${sentence(schema.description ?? '')}\n\n${keyTable(schema)}`,
    ),
  ].join('\n');
}

const PACKET_WITHIN = 'inner';

/** Lists whose items have a section of their own. */
const LISTS_WITH_SECTION: readonly string[] = ['frames'];

/** Mappings with a section of their own. */
const OWN_SECTION: readonly string[] = ['frame'];

/** What the reference says about a kind of step. */
export interface StepFacts {
  readonly kind: StepKind;
  readonly meaning: string;
  /** What the step is without keys: `number from 1`; null where it is a mapping. */
  readonly value: string | null;
  /** For each form that its mapping may have, its keys: key, value, default, meaning. */
  readonly forms: readonly (readonly (readonly string[])[])[];
  /** What expectations can read of its result: names; null where the kernel decides which there are. */
  readonly result: readonly string[] | null;
}

/** Every kind of step but `repeat`, in the order of the reference. */
export function stepFacts(): StepFacts[] {
  const { step } = schemas();
  return STEP_KINDS.map(kind => factsOf(kind, step.properties?.[kind] as Schema));
}

/** The keys of a scenario: key, value, default, meaning. */
export function scenarioKeys(): string[][] {
  return rowsOf(schemas().scenario, '', ['setup', 'traffic', 'after']);
}

function schemas(): { readonly scenario: Schema; readonly step: Schema } {
  const scenario = z.toJSONSchema(scenarioSchema(exactly), { io: 'input', unrepresentable: 'any' });
  const steps = scenario.properties?.['setup'] as Schema | undefined;
  return { scenario, step: steps?.items as Schema };
}

function factsOf(kind: StepKind, schema: Schema): StepFacts {
  const fields = resultFields(kind);
  const forms = alternatives(schema).filter(form => form.type === 'object');
  return {
    kind,
    meaning: sentence(schema.description ?? ''),
    value: forms.length === 0 ? typeText(schema) : null,
    forms: forms.map(form => rowsOf(form, '')),
    result: fields === null ? null : [...fields, 'errno'],
  };
}

function stepSection({ kind, meaning, value, forms, result }: StepFacts): string {
  const names =
    result === null
      ? "Result: what the kernel reports, under the kernel's names."
      : `Result: ${result.map(name => `\`${name}\``).join(', ')}.`;
  const tables = forms.map(table).join('\nor\n\n');
  const plain = value === null ? '' : `Value: ${value}.\n\n`;
  return `### ${kind}\n\n${meaning}\n\n${plain}${tables}${tables === '' ? '' : '\n'}${names}\n`;
}

/** The keys of a mapping; those in `steps` hold lists of steps. Mappings within it have rows of their own, `guest.cpus`. */
function keyTable(schema: Schema, steps: readonly string[] = []): string {
  return table(rowsOf(schema, '', steps));
}

function rowsOf(schema: Schema, prefix: string, steps: readonly string[] = []): string[][] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const one = value as Schema;
    if (steps.includes(key)) return [[`\`${key}\``, 'list of steps', '', one.description ?? '']];
    if (OWN_SECTION.includes(key))
      return [[`\`${prefix}${key}\``, 'the layers of a packet', 'optional', one.description ?? '']];
    // `when` is the same everywhere.
    if (key === 'when') return [];
    const row = rowOf(prefix + key, one, required.has(key));
    return LISTS_WITH_SECTION.includes(key) ? [row] : [row, ...nested(one, prefix + key)];
  });
}

/** Rows of the mappings within a value: `guest.cpus`, `known[].reason` of a list's items, `entries.*.qsize` of a mapping's values. */
function nested(schema: Schema, name: string): string[][] {
  const rows = alternatives(schema).flatMap(form => {
    if (form.type === 'object' && form.properties !== undefined) return rowsOf(form, `${name}.`);
    if (isSchema(form.items)) return nested(form.items as Schema, `${name}[]`);
    if (isSchema(form.additionalProperties)) return nested(form.additionalProperties as Schema, `${name}.*`);
    return [];
  });
  // Two forms of a mapping may have a key in common.
  return [...new Map(rows.map(row => [row.join('|'), row])).values()];
}

function rowOf(key: string, schema: Schema, required: boolean): string[] {
  const fallback = schema.default === undefined ? 'optional' : defaultText(schema.default);
  return [`\`${key}\``, typeText(schema), required ? '' : fallback, schema.description ?? inner(schema)];
}

/** The description of a list's items or of a mapping's values, where the list itself has none. */
function inner({ items, additionalProperties }: Schema): string {
  const below = items ?? additionalProperties;
  return typeof below === 'object' && !Array.isArray(below) ? ((below as Schema).description ?? '') : '';
}

function defaultText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `\`${String(value)}\``;
  return Object.keys(value).length === 0 ? 'none' : 'see below';
}

function table(rows: readonly (readonly string[])[]): string {
  return markdownTable(['key', 'value', 'default', 'meaning'], rows);
}

/** What may stand there: `1 to 64`, `native or generic`, `list of text`. */
function typeText(schema: Schema): string {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined)
    return schema.enum.length > 12 ? 'a name' : joined(schema.enum.map(value => `\`${String(value)}\``));
  const choices = alternatives(schema);
  if (choices.length > 1) return joined([...new Set(choices.map(typeText))]);
  switch (schema.type) {
    case 'integer':
    case 'number':
      return rangeText(schema);
    case 'string':
      return 'text';
    case 'boolean':
      return 'true or false';
    case 'null':
      return '`null`';
    case 'array':
      return `list of ${isSchema(schema.items) ? typeText(schema.items) : 'values'}`;
    case 'object':
      return schema.properties === undefined && isSchema(schema.additionalProperties)
        ? `mapping to ${typeText(schema.additionalProperties)}`
        : `mapping with ${joined(
            Object.keys(schema.properties ?? {}).map(key => `\`${key}\``),
            'and',
          )}`;
    default:
      return 'any value';
  }
}

/** Bounds that only say which integers JavaScript has are left out. */
function rangeText({ minimum, maximum }: Schema): string {
  const [least, most] = [minimum, maximum].map(bound =>
    bound === undefined || Math.abs(bound) >= Number.MAX_SAFE_INTEGER ? null : bound,
  );
  if (least != null && most != null) return most === 0xffff_ffff ? `from ${least}` : `${least} to ${most}`;
  return least != null ? `from ${least}` : most != null ? `up to ${most}` : 'a number';
}

function joined(parts: readonly string[], word = 'or'): string {
  const last = parts.at(-1) ?? 'nothing';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} ${word} ${last}`;
}

function alternatives(schema: Schema): Schema[] {
  return schema.anyOf ? (schema.anyOf as Schema[]).flatMap(alternatives) : [schema];
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return whole === '' || whole.endsWith('.') ? whole : `${whole}.`;
}

function featureTable(): string {
  const rows = FEATURE_NAMES.map(name => {
    const feature = FEATURES[name];
    const probe = feature.probe === null ? 'no' : 'yes';
    return feature.kind === 'feature'
      ? [`\`${name}\``, sinceText(feature), commitTexts(feature).join('; '), probe]
      : [`\`${name}\``, `\`${feature.config}\``, '', probe];
  });
  return markdownTable(['feature', 'kernels', 'commit', 'probe'], rows);
}
