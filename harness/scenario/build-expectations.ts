import { BoundedPattern } from './bounded-pattern.ts';
import { didYouMean } from '../util/nearest.ts';
import { compile } from './cel.ts';
import { buildCve, type ScenarioCve } from './cve.ts';
import type { Expression } from './cel.ts';
import type { BuildContext } from './build-steps.ts';
import { namedFaults, type NameChecks } from './named-faults.ts';
import { objectProblem } from './object-names.ts';
import type { Path } from './places.ts';
import { meet, RUNNABLE } from '../kernel/ranges.ts';
import type { Expectation, KnownFailure, Step } from './scenario.ts';
import type { ScenarioDocument } from './schema.ts';
import { namesObservation, settledPart } from './settled.ts';
import { unknownField } from './step-results.ts';
import { tracedProblem } from './traced.ts';
import { unknownName } from './vocabulary.ts';

/** The steps that keep their result, by their `as`. */
type Results = ReadonlyMap<string, Step>;

/**
 * Parses every expectation; a syntax error, an unknown name, and an expectation that no kernel can fail become problems at their
 * place.
 */
export function buildExpectations(
  raw: ScenarioDocument['expect'],
  own: Results,
  context: BuildContext,
): Expectation[] {
  return raw.flatMap((item, index) => {
    const bare = typeof item === 'string';
    const path = bare ? ['expect', index] : ['expect', index, 'expr'];
    const expression = expressionAt(bare ? item : item.expr, path, own, context);
    const doubt = expression === null ? null : doubtful(expression, context);
    const found = { item: context.origin(['expect', index]), path: context.origin(path) };
    context.doubts.push({ ...found, ...(doubt ?? { text: null }) });
    if (expression === null) return [];
    if (!bare && item.kernels !== undefined && !meet(item.kernels, context.kernels ?? RUNNABLE)) {
      const text = `applies in no cell: no kernel of the scenario is in \`${item.kernels}\``;
      report(context, [...path.slice(0, 2), 'kernels'], text);
    }
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

/** What makes an expectation worthless in a variant; null where it can fail. */
function doubtful(
  expression: Expression,
  { vocabulary }: BuildContext,
): { text: string; offset: number } | null {
  const { text } = expression;
  const part = settledPart(expression, vocabulary);
  if (part !== null) {
    const how = part.always ? 'this expectation can never fail' : 'this expectation can never hold';
    const which = part.text === text ? '' : ` as far as \`${part.text}\` goes`;
    return { text: `\`${text}\`: ${how}${which}`, offset: part.offset };
  }
  if (namesObservation(expression)) return null;
  return {
    text: `\`${text}\`: this expectation can never fail by what a kernel does: it names no counter and no result of a step`,
    offset: 0,
  };
}

/** Every step with `as` whose result no expectation reads: what the kernel refuses there would be seen by nobody. */
export function doubtUnread(own: Results, expectations: readonly Expectation[], context: BuildContext): void {
  const read = new Set(expectations.flatMap(({ expression }) => expression.names.map(({ path }) => path[0])));
  for (const [as, step] of own) {
    const text = `\`as: ${as}\`: no expectation reads the result, so a refusal would go unseen: leave out \`as\`, or expect \`${as}.errno\``;
    context.doubts.push({ item: step.path, text: read.has(as) ? null : text });
  }
}

/** Operators that the right side of a known entry's `expect` can begin with. */
const OPERATOR = /^\s*(==|!=|<=|>=|<|>|in\b)/;

/** Parses the known failures; each must say how it fails, and name all that fails. */
export function buildKnown(
  raw: ScenarioDocument['known'],
  own: Results,
  expectations: readonly Expectation[],
  context: BuildContext,
): KnownFailure[] {
  return raw.map((entry, index) => {
    const path: Path = ['known', index];
    const texts = new Set(expectations.map(({ expression }) => expression.text));
    context.doubts.push({ item: context.origin(path), text: null });
    const wrong = obstacleOf(entry);
    if (wrong !== null) report(context, path, wrong);
    // Of the expectations that an entry names, a variant need not have all.
    const { fails, ledger } = namedFaults(entry.fails, nameChecks(texts, context), (position, text) => {
      context.doubts.push({ item: context.origin([...path, 'fails', position]), text });
    });
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
      fails,
      ledger,
      expect,
      splat: entry.splat === undefined ? null : pattern(entry.splat, [...path, 'splat'], context),
      panic: entry.panic === undefined ? null : pattern(entry.panic, [...path, 'panic'], context),
      place: context.source.place(context.origin(path)),
    };
  });
}

/** Makes the defect of a variant ready; its evidence must name expectations that the variant has. */
export function buildVariantCve(
  raw: NonNullable<ScenarioDocument['cve']>,
  own: Results,
  expectations: readonly Expectation[],
  context: BuildContext,
): ScenarioCve {
  const texts = new Set(expectations.map(({ expression }) => expression.text));
  const checks = {
    expression: (text: string, path: Path) => expressionAt(text, ['cve', ...path], own, context),
    pattern: (text: string, path: Path) => pattern(text, ['cve', ...path], context),
    ...nameChecks(texts, context),
  };
  return buildCve(raw, checks, ({ path, text }) => report(context, ['cve', ...path], text));
}

function obstacleOf({ expect, fails, splat, panic }: ScenarioDocument['known'][number]): string | null {
  const counts = Object.keys(expect).length > 0;
  if (!counts && splat === undefined && panic === undefined)
    return 'a known failure needs `expect`, `splat` or `panic`: the way in which it fails';
  if (panic !== undefined && (fails.length > 0 || counts))
    return 'a kernel that panics leaves no counts: `panic` stands without `fails` and `expect`';
  if (panic === undefined && splat === undefined && fails.length === 0)
    return '`fails` is missing: name each expectation, and each `ledger` fault, that fails in this way';
  if (fails.length > 0 && !counts) return '`fails` needs `expect`: in which way they fail';
  return null;
}

function nameChecks(texts: ReadonlySet<string>, context: BuildContext): NameChecks {
  return {
    expectation: text => unknownExpectation(text, texts),
    ledger: name => unknownFault(name, context),
  };
}

function unknownExpectation(text: string, texts: ReadonlySet<string>): string | null {
  if (texts.has(text)) return null;
  return `\`${text}\` is no expectation of this scenario, as it stands there${didYouMean(text, [...texts])}`;
}

function unknownFault(name: string, { ledger, vocabulary }: BuildContext): string | null {
  if (ledger.some(known => matchesName(known, name))) return null;
  if (unknownName(name.split('.'), new Set(), vocabulary) === null) return null;
  return `the ledger has no stage and no sink \`${name}\`${didYouMean(name, ledger)}`;
}

function matchesName(known: string, name: string): boolean {
  return known.endsWith('*') ? name.startsWith(known.slice(0, -1)) : known === name;
}

/** Characters of an expression that a message quotes. */
const LONGEST_QUOTE = 200;

function expressionAt(
  text: string,
  path: Path,
  own: Results,
  context: BuildContext,
  of: 'key' | 'value' = 'value',
): Expression | null {
  const file = context.origin(path);
  const place = (offset: number) =>
    of === 'key' ? context.source.place(file, 'key') : context.source.within(file, offset);
  const compiled = compile(text);
  if ('problem' in compiled) {
    // A text that is too long is not all of the message.
    const quoted = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
    context.problems.push({ place: place(compiled.offset), text: `\`${quoted}\`: ${compiled.problem}` });
    return null;
  }
  for (const name of compiled.names) {
    const step = own.get(name.path[0] ?? '');
    const wrong =
      step === undefined
        ? (unknownName(name.path, new Set(own.keys()), context.vocabulary) ??
          objectProblem(name.path, context.objects) ??
          tracedProblem(name.path, context.observe))
        : unknownField(step, name.path);
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
