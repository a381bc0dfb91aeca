import { z } from 'zod';
import type { Path } from './places.ts';
import { scenarioSchema } from './schema.ts';
import { exactly, orAxis } from './step-words.ts';

type Schema = z.core.JSONSchema.BaseSchema;

/** The JSON Schema of a scenario file as written, for editors: the content of `scenario.schema.json`. */
export function scenarioJsonSchema(): Schema {
  const schema = z.toJSONSchema(scenarioSchema(orAxis), {
    io: 'input',
    target: 'draft-2020-12',
    reused: 'ref',
  });
  return { ...schema, title: 'bpfrig scenario' };
}

let checked: Schema | null = null;

/** The keys that a mapping at this place of a scenario may have. Empty where any key may stand. */
export function knownKeys(path: Path): string[] {
  checked ??= z.toJSONSchema(scenarioSchema(exactly), { io: 'input', unrepresentable: 'any' });
  return keysOf(checked, path);
}

/** The keys that a mapping at a place may have by a JSON Schema without references. Empty where any key may stand. */
export function keysOf(schema: Schema, path: Path): string[] {
  const schemas = path.reduce<Schema[]>((found, part) => found.flatMap(one => below(one, part)), [schema]);
  return [...new Set(schemas.flatMap(alternatives).flatMap(schema => Object.keys(schema.properties ?? {})))];
}

/** What the schema says about a key of a mapping; '' where it says nothing, or different things. */
export function meaningOf(path: Path): string {
  checked ??= z.toJSONSchema(scenarioSchema(exactly), { io: 'input', unrepresentable: 'any' });
  const schemas = path.reduce<Schema[]>((found, part) => found.flatMap(one => below(one, part)), [checked]);
  const meanings = new Set(schemas.map(({ description }) => description ?? ''));
  return meanings.size === 1 ? ([...meanings][0] ?? '') : '';
}

function below(schema: Schema, part: PropertyKey): Schema[] {
  return alternatives(schema).flatMap(({ properties, additionalProperties, items }) => {
    const own = properties?.[String(part)];
    return [own, additionalProperties, items].filter(isSchema).slice(0, 1);
  });
}

function alternatives(schema: Schema): Schema[] {
  return schema.anyOf ? (schema.anyOf as Schema[]).flatMap(alternatives) : [schema];
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
