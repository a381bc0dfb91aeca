import { Environment, ParseError, TypeError as CelTypeError } from '@marcbachmann/cel-js';
import type { ASTNode, ParseResult } from '@marcbachmann/cel-js';
import { ARCHITECTURES } from '../arch/architectures.ts';
import type { ByteOrder } from '../arch/byte-order.ts';
import { atLeast } from '../kernel/ranges.ts';
import { withinDeadline } from '../util/bounded-call.ts';
import { BOUNDS, grouped } from './bounds.ts';
import { nestingOf } from './cel-bounds.ts';
import { addressProblem, registerFunctions } from './cel-functions.ts';
import { namesIn } from './cel-names.ts';
import type { NameUse } from './cel-names.ts';

/** `kernel` in an expression: `kernel.version`, `kernel.series`, `kernel.arch`, `kernel.at_least("5.15")`. */
export class CelKernel {
  readonly version: string;
  readonly series: string;
  readonly arch: string;

  constructor(version: string, series: string, arch: string) {
    this.version = version;
    this.series = series;
    this.arch = arch;
  }
}

/** A parsed expression: every name in it with its place, and a function that evaluates it over CEL values (integers are BigInt). */
export interface Expression {
  readonly text: string;
  /** CEL's type of the result, `dyn` where only the values decide. */
  readonly type: string;
  readonly ast: ASTNode;
  readonly names: readonly NameUse[];
  /** Throws BpfrigError `scenario` when it takes too long, and cel-js's EvaluationError. */
  readonly evaluate: (context: Readonly<Record<string, unknown>>) => unknown;
}

/** Why a text is no expression: one line, and the 0-based offset in the text. */
export interface ExpressionProblem {
  readonly problem: string;
  readonly offset: number;
}

function environment(order: ByteOrder): Environment {
  return registerFunctions(
    new Environment({
      unlistedVariablesAreDyn: true,
      homogeneousAggregateLiterals: false,
      limits: { maxDepth: 64 },
    })
      .registerType('Kernel', {
        ctor: CelKernel,
        fields: { version: 'string', series: 'string', arch: 'string' },
      })
      .registerVariable('kernel', 'Kernel')
      .registerFunction('Kernel.at_least(string): bool', (kernel: CelKernel, least: string) =>
        atLeast(kernel.version, least),
      ),
    order,
  );
}

const ENVIRONMENT = environment('little');
/** Of guests whose numbers begin with the high bytes: `ip()` depends on it. */
const BIG_ENDIAN = environment('big');

const BIG_ENDIAN_ARCHS = new Set(
  ARCHITECTURES.filter(({ byteOrder }) => byteOrder === 'big').map(({ name }) => String(name)),
);

/** Parses and type-checks an expression that has to give a bool; see the CEL specification for the language. */
export function compile(text: string): Expression | ExpressionProblem {
  const expression = compileAny(text);
  if ('problem' in expression || expression.type === 'bool' || expression.type === 'dyn') return expression;
  return { problem: `gives ${expression.type}, not true or false`, offset: 0 };
}

/** Parses and type-checks an expression of any type: one side of a comparison. */
export function compileAny(text: string): Expression | ExpressionProblem {
  if (text.length > BOUNDS.expression) {
    const problem = `longer than ${grouped(BOUNDS.expression)} characters: divide it into several`;
    return { problem, offset: BOUNDS.expression };
  }
  try {
    return compiled(text, ENVIRONMENT.parse(text));
  } catch (error) {
    return problemOf(error);
  }
}

/** Whether an expression can read a variable of this name: the language has words (`in`), values (`null`) and types (`map`) of its own. */
export function isVariableName(name: string): boolean {
  try {
    return ENVIRONMENT.parse(name)({ [name]: 'read' }) === 'read';
  } catch {
    return false;
  }
}

function compiled(text: string, parsed: ParseResult): Expression | ExpressionProblem {
  const { error, type } = parsed.check();
  if (error) return problemOf(error);
  const { loops, binds, slow } = nestingOf(parsed.ast);
  if (loops > BOUNDS.loops)
    return { problem: `more than ${BOUNDS.loops} loops within each other`, offset: 0 };
  if (binds > BOUNDS.binds)
    return { problem: `more than ${BOUNDS.binds} \`cel.bind\` within each other`, offset: 0 };
  const address = addressProblem(parsed.ast);
  if (address !== null) return address;
  let big: ParseResult | undefined;
  const evaluate = (context: Readonly<Record<string, unknown>>): unknown => {
    if (!isBigEndian(context)) return parsed(context) as unknown;
    big ??= BIG_ENDIAN.parse(text);
    return big(context) as unknown;
  };
  const what = 'this expression';
  return {
    text,
    type: type ?? 'dyn',
    ast: parsed.ast,
    names: namesIn(parsed.ast),
    evaluate: slow ? context => withinDeadline(BOUNDS.evaluationMs, what, () => evaluate(context)) : evaluate,
  };
}

function isBigEndian({ kernel }: Readonly<Record<string, unknown>>): boolean {
  return kernel instanceof CelKernel && BIG_ENDIAN_ARCHS.has(kernel.arch);
}

function problemOf(error: unknown): ExpressionProblem {
  // The parser and what walks over its tree call themselves for each level, and for each operator of a chain.
  if (error instanceof RangeError) return { problem: 'nested too deeply: divide it into several', offset: 0 };
  if (!(error instanceof ParseError || error instanceof CelTypeError)) throw error;
  const problem = lowerFirst(error.summary);
  const remedy = /^unexpected character: =$/.test(problem) ? ': a comparison is written `==`' : '';
  return { problem: problem + remedy, offset: error.range?.start ?? 0 };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
