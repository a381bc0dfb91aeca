import { z } from 'zod';

/** The declaration of one op of the agent. */
export interface Op<A extends z.ZodObject = z.ZodObject, R extends z.ZodType = z.ZodType> {
  /** One line: what it does, with units and what is special. */
  readonly summary: string;
  readonly args: A;
  readonly answer: R;
}

/** Declares an op by its summary, its arguments and its answer. */
export function op<A extends z.ZodRawShape, R extends z.ZodType>(
  summary: string,
  args: A,
  answer: R,
): Op<z.ZodObject<A, z.core.$strict>, R> {
  return { summary, args: z.strictObject(args), answer };
}

/** An argument as `bpfrig-agent describe` prints it. `min` and `max` stand only with an integer. */
export interface WireArgument {
  readonly name: string;
  readonly type: 'int' | 'string' | 'bool' | 'hex' | 'object' | 'array' | 'any';
  readonly required: boolean;
  readonly min?: number;
  readonly max?: number;
}

/** The part of a JSON Schema that decides the type of an argument on the wire. */
interface ArgumentSchema {
  readonly type?: string;
  readonly wire?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

const WIRE_TYPES: Readonly<Record<string, WireArgument['type']>> = {
  integer: 'int',
  string: 'string',
  boolean: 'bool',
  object: 'object',
  array: 'array',
};

/** The arguments of an op as the agent must describe them, in the order in which they are declared. */
export function wireArguments({ args }: Op): WireArgument[] {
  const schema = z.toJSONSchema(args, { io: 'input' });
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { type = '', wire, minimum, maximum } = property as ArgumentSchema;
    const shown = wire === 'hex' ? 'hex' : (WIRE_TYPES[type] ?? 'any');
    const range = shown === 'int' ? { min: minimum ?? NaN, max: maximum ?? NaN } : {};
    return { name, type: shown, required: required.has(name), ...range };
  });
}
