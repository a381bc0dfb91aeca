import { BoundedPattern } from './bounded-pattern.ts';
import { compile } from './cel.ts';
import type { Expression } from './cel.ts';
import type { BuildContext } from './build-steps.ts';
import type { Path } from './places.ts';
import type { Expectation, KnownFailure } from './scenario.ts';
import type { ScenarioDocument } from './schema.ts';
import { unknownName } from './vocabulary.ts';

/** Parses every expectation; a syntax error and an unknown name become problems at their place. */
export function buildExpectations(
  raw: ScenarioDocument['expect'],
  own: ReadonlySet<string>,
  context: BuildContext,
): Expectation[] {
  return raw.flatMap((item, index) => {
    const bare = typeof item === 'string';
    const path = bare ? ['expect', index] : ['expect', index, 'expr'];
    const expression = expressionAt(bare ? item : item.expr, path, own, context);
    if (expression === null) return [];
    if (!bare && item.kernels !== undefined && item.because === undefined) {
      report(context, ['expect', index], '`kernels` needs `because` next to it: why only there');
    }
    return [
      {
        expression,
        place: context.source.place(context.origin(path)),
        kernels: bare ? null : (item.kernels ?? null),
        because: bare ? null : (item.because ?? null),
      },
    ];
  });
}

/** Operators that the right side of a known entry's `expect` can begin with. */
const OPERATOR = /^\s*(==|!=|<=|>=|<|>|in\b)/;

/** Parses the known failures; each must say how it fails. */
export function buildKnown(
  raw: ScenarioDocument['known'],
  own: ReadonlySet<string>,
  context: BuildContext,
): KnownFailure[] {
  return raw.map((entry, index) => {
    const path: Path = ['known', index];
    if (Object.keys(entry.expect).length === 0 && entry.splat === undefined && entry.panic === undefined) {
      report(context, path, 'a known failure needs `expect`, `splat` or `panic`: the way in which it fails');
    }
    const expect = Object.entries(entry.expect).flatMap(([left, right]) => {
      const at = [...path, 'expect', left];
      if (typeof right === 'string' && !OPERATOR.test(right)) {
        report(context, at, `\`${right}\` must begin with an operator: ==, !=, <, <=, >, >= or in`);
        return [];
      }
      const text = `${left} ${typeof right === 'string' ? right.trim() : `== ${String(right)}`}`;
      const expression = expressionAt(text, at, own, context, 'key');
      return expression === null ? [] : [expression];
    });
    return {
      kernels: entry.kernels,
      reason: entry.reason,
      expect,
      splat: entry.splat === undefined ? null : pattern(entry.splat, [...path, 'splat'], context),
      panic: entry.panic === undefined ? null : pattern(entry.panic, [...path, 'panic'], context),
      place: context.source.place(context.origin(path)),
    };
  });
}

function expressionAt(
  text: string,
  path: Path,
  own: ReadonlySet<string>,
  context: BuildContext,
  of: 'key' | 'value' = 'value',
): Expression | null {
  const file = context.origin(path);
  const place = (offset: number) =>
    of === 'key' ? context.source.place(file, 'key') : context.source.within(file, offset);
  const compiled = compile(text);
  if ('problem' in compiled) {
    context.problems.push({ place: place(compiled.offset), text: `\`${text}\`: ${compiled.problem}` });
    return null;
  }
  for (const name of compiled.names) {
    const wrong = unknownName(name.path, own, context.vocabulary);
    if (wrong !== null) context.problems.push({ place: place(name.start), text: `\`${text}\`: ${wrong}` });
  }
  return compiled;
}

function pattern(text: string, path: Path, context: BuildContext): RegExp | null {
  try {
    return new BoundedPattern(text);
  } catch {
    report(context, path, `\`${text}\` is not a regular expression`);
    return null;
  }
}

function report(context: BuildContext, path: Path, text: string): void {
  context.problems.push({ place: context.source.place(context.origin(path)), text });
}
