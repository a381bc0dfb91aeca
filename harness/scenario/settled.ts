import type { ASTNode } from '@marcbachmann/cel-js';
import { bindingOf, childNodes, namesIn, nameOf } from './cel-names.ts';
import type { Expression } from './cel.ts';
import { wordAt, type Vocabulary } from './vocabulary.ts';

/** A part of an expression whose outcome no kernel can change. */
export interface Settled {
  /** As it is written. */
  readonly text: string;
  /** Offset in the expression's text. */
  readonly offset: number;
  /** True: it always holds. False: it never does. */
  readonly always: boolean;
}

/** Numbers from `lo` to `hi`, both included. */
interface Interval {
  readonly lo: number;
  readonly hi: number;
}

/** What is known of a node without a kernel: its range, its truth, its text, or nothing. */
type Known = Interval | boolean | string | null;

/** Every counter is a count: it cannot be negative. */
const COUNT: Interval = { lo: 0, hi: Infinity };

interface Scope {
  readonly vocabulary: Vocabulary;
  /** Variables of macros. */
  readonly bound: ReadonlySet<string>;
}

/**
 * The outermost part of an expression that is true or false whatever the kernel does, null where there is none. What is known is that
 * counters are numbers from 0 up, and that a value equals itself; everything else counts as unknown, so that nothing is accused wrongly.
 *
 * A part that is false is reported only where it names something: the axes fill in constants, such as `"veth" == "virtio"`.
 */
export function settledPart(expression: Expression, vocabulary: Vocabulary): Settled | null {
  return find(expression.ast, { vocabulary, bound: new Set() });
}

/** Names that say nothing about the kernel's behaviour: what the cell is, not what it did. */
const CIRCUMSTANCES = new Set(['variant', 'kernel', 'mode']);

/** Whether an expression names anything that was observed. */
export function namesObservation({ names }: Expression): boolean {
  return names.some(({ path }) => !CIRCUMSTANCES.has(path[0] ?? ''));
}

function find(node: ASTNode, scope: Scope): Settled | null {
  const known = decide(node, scope);
  if (typeof known === 'boolean' && (known || namesIn(node).length > 0)) {
    const { start, end } = node.range;
    return { text: node.input.slice(start, end), offset: start, always: known };
  }
  if (nameOf(node) !== null || node.op === 'value') return null;
  const variable = bindingOf(node);
  const inner = variable === null ? scope : { ...scope, bound: new Set([...scope.bound, variable]) };
  for (const child of childNodes(node)) {
    const found = find(child, inner);
    // A constant that an axis filled in says nothing by itself.
    if (found !== null && namesIn(child).length > 0) return found;
  }
  return null;
}

function decide(node: ASTNode, scope: Scope): Known {
  const name = nameOf(node);
  if (name !== null) return ofName(name.path, scope);
  switch (node.op) {
    case 'value':
      return ofLiteral(node.args);
    case '&&':
    case '||':
      return junction(node.op === '&&', node.args, scope);
    case '!_': {
      const inner = decide(node.args, scope);
      return typeof inner === 'boolean' ? !inner : null;
    }
    case '?:':
      return choice(node.args, scope);
    case '-_':
      return arithmetic('-', { lo: 0, hi: 0 }, decide(node.args, scope));
    case '+':
    case '-':
    case '*':
      return arithmetic(node.op, decide(node.args[0], scope), decide(node.args[1], scope));
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(node.op, node.args, scope);
    case 'call':
      return node.args[0] === 'size' || sumsCounters(node.args[0], node.args[1], scope) ? COUNT : null;
    default:
      return null;
  }
}

function ofName(path: readonly string[], { vocabulary, bound }: Scope): Known {
  if (bound.has(path[0] ?? '')) return null;
  const word = wordAt(path, vocabulary);
  if (word === null) return null;
  // The items of a list that has a unit are counts.
  return word.kind === 'number' || (word.kind === 'item' && word.unit !== '') ? COUNT : null;
}

function ofLiteral(value: unknown): Known {
  if (typeof value === 'bigint' || typeof value === 'number') return { lo: Number(value), hi: Number(value) };
  return typeof value === 'boolean' || typeof value === 'string' ? value : null;
}

function sumsCounters(name: string, [list]: readonly ASTNode[], { vocabulary, bound }: Scope): boolean {
  const path = list === undefined ? null : nameOf(list)?.path;
  if (name !== 'sum' || path == null || bound.has(path[0] ?? '')) return false;
  const word = wordAt(path, vocabulary);
  return word?.kind === 'branch' || (word?.kind === 'list' && word.unit !== '');
}

function junction(isAnd: boolean, sides: readonly ASTNode[], scope: Scope): Known {
  const known = sides.map(side => decide(side, scope));
  if (known.includes(!isAnd)) return !isAnd;
  if (known.every(one => one === isAnd)) return isAnd;
  // `a == b || a != b`: one of them is the other's opposite.
  const [left, right] = sides;
  return left !== undefined && right !== undefined && areOpposite(left, right) ? !isAnd : null;
}

function choice([condition, yes, no]: readonly [ASTNode, ASTNode, ASTNode], scope: Scope): Known {
  const known = decide(condition, scope);
  if (typeof known === 'boolean') return decide(known ? yes : no, scope);
  const [left, right] = [decide(yes, scope), decide(no, scope)];
  if (isInterval(left) && isInterval(right))
    return { lo: Math.min(left.lo, right.lo), hi: Math.max(left.hi, right.hi) };
  return typeof left === 'boolean' && left === right ? left : null;
}

function arithmetic(op: '+' | '-' | '*', left: Known, right: Known): Known {
  if (!isInterval(left) || !isInterval(right)) return null;
  if (op === '+') return { lo: left.lo + right.lo, hi: left.hi + right.hi };
  if (op === '-') return { lo: left.lo - right.hi, hi: left.hi - right.lo };
  const products = [left.lo, left.hi].flatMap(a =>
    [right.lo, right.hi].map(b => (a === 0 || b === 0 ? 0 : a * b)),
  );
  return { lo: Math.min(...products), hi: Math.max(...products) };
}

type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

const OPPOSITE: Readonly<Record<Comparison, Comparison>> = {
  '==': '!=',
  '!=': '==',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
};

function comparison(op: Comparison, sides: readonly [ASTNode, ASTNode], scope: Scope): Known {
  const [a, b] = sides;
  if (textOf(a) === textOf(b)) return op === '==' || op === '<=' || op === '>=';
  const [left, right] = [decide(a, scope), decide(b, scope)];
  if (isInterval(left) && isInterval(right)) return compareIntervals(op, left, right);
  const constants = typeof left === typeof right && (typeof left === 'string' || typeof left === 'boolean');
  if (!constants || (op !== '==' && op !== '!=')) return null;
  return (left === right) === (op === '==');
}

function compareIntervals(op: Comparison, left: Interval, right: Interval): boolean | null {
  if (op === '==' || op === '!=') {
    const apart = left.hi < right.lo || right.hi < left.lo;
    const same = left.lo === left.hi && right.lo === right.hi && left.lo === right.lo;
    return apart ? op === '!=' : same ? op === '==' : null;
  }
  if (op === '<') return left.hi < right.lo ? true : left.lo >= right.hi ? false : null;
  if (op === '<=') return left.hi <= right.lo ? true : left.lo > right.hi ? false : null;
  return compareIntervals(op === '>' ? '<' : '<=', right, left);
}

function areOpposite(left: ASTNode, right: ASTNode): boolean {
  if (right.op === '!_') return textOf(right.args) === textOf(left);
  if (left.op === '!_') return textOf(left.args) === textOf(right);
  if (!isComparison(left) || !isComparison(right)) return false;
  const sides = (node: typeof left) => node.args.map(textOf).join('\0');
  return OPPOSITE[left.op] === right.op && sides(left) === sides(right);
}

function isComparison(node: ASTNode): node is Extract<ASTNode, { readonly op: Comparison }> {
  return Object.hasOwn(OPPOSITE, node.op);
}

function isInterval(known: Known): known is Interval {
  return typeof known === 'object' && known !== null;
}

function textOf(node: ASTNode): string {
  return node.input.slice(node.range.start, node.range.end).replaceAll(/\s+/g, ' ');
}
