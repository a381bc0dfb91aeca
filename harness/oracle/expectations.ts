import { EvaluationError } from '@marcbachmann/cel-js';
import type { ExpectationResult } from '../model/cell.ts';
import type { Counters } from '../model/counters.ts';
import { compileAny } from '../scenario/cel.ts';
import type { Expression } from '../scenario/cel.ts';
import { inRange } from '../kernel/ranges.ts';
import type { Expectation } from '../scenario/scenario.ts';
import { messageOf } from '../util/errors.ts';
import { celContext, lookUp, show } from './cel-values.ts';
import { counterExample } from './counter-example.ts';
import type { NameUse } from '../scenario/cel-names.ts';

/** The outcome of an expression: it held or not, with its values, or why it could not be evaluated. */
export type Outcome =
  | { readonly ok: boolean; readonly values: string | null; readonly error: null }
  | { readonly ok: false; readonly values: null; readonly error: string };

/** Names without a value in a cell, by their path, with the reason. */
export type Absent = Readonly<Record<string, string>>;

/** The expectations that apply to a kernel: all but those with another range of `kernels`. */
export function applicable(expectations: readonly Expectation[], version: string): Expectation[] {
  return expectations.filter(({ kernels }) => kernels === null || inRange(version, kernels));
}

/** Evaluates expectations over a cell's counters, in their order; `unended` are steps without a result, see {@link evaluate}. */
export function checkExpectations(
  expectations: readonly Expectation[],
  counters: Counters,
  absent: Absent = {},
  unended: Absent = {},
): ExpectationResult[] {
  return expectations.map(({ expression, place }) => ({
    expr: expression.text,
    line: place.line,
    ...evaluate(expression, counters, absent, unended),
  }));
}

/**
 * Evaluates one expression. A name without a value is an error even where CEL's logic would not have needed its value. What the
 * kernel's behaviour left without a value is none: what a step would have returned that was refused or had another outcome, and an
 * item of a list that is shorter. It does not hold where its value is needed. `unended`: what is said of steps that have not ended, by
 * their `as`.
 */
export function evaluate(
  expression: Expression,
  counters: Counters,
  absent: Absent = {},
  unended: Absent = {},
): Outcome {
  const context = celContext(counters);
  const missing: string[] = [];
  for (const name of expression.names) {
    const found = lookUp(counters, name);
    if (!('missing' in found) || name.optional) continue;
    const observed = unended[name.path[0] ?? ''] ?? observedAbsence(counters, name.path);
    const reason = reasonFor(name.path, absent);
    if (reason !== null || observed === null) return broken(reason ?? found.missing);
    missing.push(observed);
  }
  const [reason] = missing;
  if (reason !== undefined) {
    // What remains may decide it: `look.errno == "ENOENT" || look.qsize == 512`.
    const ok = holds(expression, context);
    return { ok, values: ok ? null : reason, error: null };
  }
  try {
    const mixed = mixedTypes(expression, context);
    if (mixed !== null) return broken(mixed);
    const result = expression.evaluate(context);
    if (typeof result !== 'boolean') return broken(`returns ${show(result)}, not true or false`);
    return { ok: result, values: result ? null : explain(expression, counters, context), error: null };
  } catch (error) {
    const text = error instanceof EvaluationError ? error.summary : messageOf(error);
    return broken([text, ...notesOn(expression, absent)].join('; '));
  }
}

/** What is to be said of names that have a value, but perhaps not the one that the author expects: records without a type. */
function notesOn({ names }: Expression, absent: Absent): string[] {
  return names.flatMap(({ path }) => absent[path.slice(0, 3).join('.')] ?? []);
}

function holds(expression: Expression, context: Record<string, unknown>): boolean {
  try {
    return expression.evaluate(context) === true;
  } catch {
    return false;
  }
}

/** Why a name has no value although nothing is wrong with it: what the kernel did decides. Null for any other name. */
function observedAbsence(counters: Counters, path: readonly string[]): string | null {
  const [root = ''] = path;
  const errno = refusalOf(counters[root]);
  if (errno !== null) return `${root} was refused: ${errno}`;
  // The longest part of the name that has a value.
  const there = [...path.keys()].findLast(
    length => 'value' in lookUp(counters, pathOf(path.slice(0, length))),
  );
  if (there === undefined || there === 0) return null;
  const found = lookUp(counters, pathOf(path.slice(0, there)));
  const value = 'value' in found ? found.value : null;
  const name = path.slice(0, there).join('.');
  if (Array.isArray(value)) return `${name} has ${value.length} items`;
  // A frame has the layers that it came with.
  const observed = isResult(counters[root]) || OBJECTS.has(root) || (root === 'captured' && there > 2);
  return observed ? `${name} has no \`${path[there] ?? ''}\`` : null;
}

/** Names of objects and of what they declare are known before a guest boots; an entry of a map may or may not be there. */
const OBJECTS: ReadonlySet<string> = new Set(['maps', 'events']);

function pathOf(path: readonly string[]): NameUse {
  return { path, start: 0, end: 0, optional: false, fixed: true };
}

function isResult(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'errno' in value;
}

/** Why a name has no value, where a subject says so of it or of what it is a part of. */
function reasonFor(path: readonly string[], absent: Absent): string | null {
  const names = path.map((_, index) => path.slice(0, index + 1).join('.'));
  const name = names.find(one => absent[one] !== undefined);
  return name === undefined ? null : `\`${name}\` has no value in this cell: ${absent[name]}`;
}

/** The errno of a step that the kernel refused; null for anything else. */
function refusalOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('errno' in value)) return null;
  return value.errno === 'OK' ? null : String(value.errno);
}

function broken(error: string): Outcome {
  return { ok: false, values: null, error };
}

const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=']);

/** The parts of an expression that are joined by `&&`, as texts. */
function conjuncts(expression: Expression): string[] {
  const parts = (node: Expression['ast']): Expression['ast'][] =>
    node.op === '&&' ? node.args.flatMap(parts) : [node];
  return parts(expression.ast).map(({ range }) => expression.text.slice(range.start, range.end));
}

/** CEL finds a number and a text unequal and says nothing; for an author that is a mistake. */
function mixedTypes(expression: Expression, context: Record<string, unknown>): string | null {
  for (const part of conjuncts(expression)) {
    const sides = comparison(part, context);
    if (sides === null) continue;
    const [left, right] = [kindOf(sides.left), kindOf(sides.right)];
    if (left !== right && left !== 'null' && right !== 'null')
      return `\`${part}\` compares ${left} with ${right}`;
  }
  return null;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'bigint') return 'number';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'object' ? 'map' : typeof value;
}

/** Values of both sides of a comparison; null for anything else, and where a side cannot be evaluated on its own. */
function comparison(
  text: string,
  context: Record<string, unknown>,
): { left: unknown; right: unknown; op: string } | null {
  const whole = compileAny(text);
  if ('problem' in whole || !COMPARISONS.has(whole.ast.op)) return null;
  const [left, right] = (whole.ast.args as Expression['ast'][]).map(({ range }) =>
    compileAny(text.slice(range.start, range.end)),
  );
  if (!left || !right || 'problem' in left || 'problem' in right) return null;
  return { left: left.evaluate(context), right: right.evaluate(context), op: whole.ast.op };
}

/** What did not hold, with values for names: `5026 == 20002`; with the sums when a side has to be worked out. */
function explain(expression: Expression, counters: Counters, context: Record<string, unknown>): string {
  const texts = conjuncts(expression).flatMap(part => {
    const compiled = compileAny(part);
    if ('problem' in compiled || compiled.evaluate(context) === true) return [];
    const example = counterExample(compiled, context);
    if (example !== null) return [example];
    const filled = fillIn(compiled, counters);
    const sides = comparison(part, context);
    const worked = sides === null ? filled : `${show(sides.left)} ${sides.op} ${show(sides.right)}`;
    // A list that is too long to be shown says nothing.
    return [worked === filled || /\[\d+ items\]/.test(filled) ? worked : `${filled}, that is ${worked}`];
  });
  return texts.join(' and ');
}

function fillIn({ text, names }: Expression, counters: Counters): string {
  let filled = '';
  let position = 0;
  for (const name of names) {
    const found = lookUp(counters, name);
    if (!name.fixed || 'missing' in found || name.start < position || name.path[0] === 'kernel') continue;
    filled += text.slice(position, name.start) + show(found.value);
    position = name.end;
  }
  return filled + text.slice(position);
}
