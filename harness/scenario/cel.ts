import { Environment, ParseError } from '@marcbachmann/cel-js';
import type { ASTNode, ParseResult } from '@marcbachmann/cel-js';
import { atLeast } from '../kernel/ranges.ts';
import { namesIn } from './cel-names.ts';
import type { NameUse } from './cel-names.ts';

/** `kernel` in an expression: `kernel.version`, `kernel.series`, `kernel.at_least("5.15")`. */
export class CelKernel {
  readonly version: string;
  readonly series: string;

  constructor(version: string, series: string) {
    this.version = version;
    this.series = series;
  }
}

/** A parsed expression: every name in it with its place, and a function that evaluates it over CEL values (integers are BigInt). */
export interface Expression {
  readonly text: string;
  /** CEL's type of the result, `dyn` where only the values decide. */
  readonly type: string;
  readonly ast: ASTNode;
  readonly names: readonly NameUse[];
  readonly evaluate: (context: Readonly<Record<string, unknown>>) => unknown;
}

/** Why a text is no expression: one line, and the 0-based offset in the text. */
export interface ExpressionProblem {
  readonly problem: string;
  readonly offset: number;
}

const ENVIRONMENT = new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false })
  .registerType('Kernel', { ctor: CelKernel, fields: { version: 'string', series: 'string' } })
  .registerVariable('kernel', 'Kernel')
  .registerFunction('Kernel.at_least(string): bool', (kernel: CelKernel, least: string) =>
    atLeast(kernel.version, least),
  )
  .registerFunction('sum(list<dyn>): int', (list: readonly unknown[]) => total(list))
  .registerFunction('sum(map<dyn, dyn>): int', (map: object) => total(Object.values(map)));

function total(values: readonly unknown[]): bigint {
  return values.reduce<bigint>((sum, value) => sum + BigInt(value as bigint), 0n);
}

/** Parses and type-checks an expression that has to give a bool; see the CEL specification for the language. */
export function compile(text: string): Expression | ExpressionProblem {
  const expression = compileAny(text);
  if ('problem' in expression || expression.type === 'bool' || expression.type === 'dyn') return expression;
  return { problem: `gives ${expression.type}, not true or false`, offset: 0 };
}

/** Parses and type-checks an expression of any type: one side of a comparison. */
export function compileAny(text: string): Expression | ExpressionProblem {
  let parsed: ParseResult;
  try {
    parsed = ENVIRONMENT.parse(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return { problem: lowerFirst(error.summary), offset: error.range?.start ?? 0 };
  }
  const { error, type } = parsed.check();
  if (error) return { problem: lowerFirst(error.summary), offset: error.range?.start ?? 0 };
  return {
    text,
    type: type ?? 'dyn',
    ast: parsed.ast,
    names: namesIn(parsed.ast),
    evaluate: context => parsed(context) as unknown,
  };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
