import type { ASTNode } from '@marcbachmann/cel-js';

/** One mention of a name in an expression, the longest that stands there: `cpumap.cpu["2"].accepted`. */
export interface NameUse {
  /** Cut at dots and indexes; `*` for an index that is computed. */
  readonly path: readonly string[];
  /** Offsets in the expression's text. */
  readonly start: number;
  readonly end: number;
  /** Asked about by `has(…)`: it may be missing. */
  readonly optional: boolean;
  /** False when the value needs more than the path: a computed index. */
  readonly fixed: boolean;
}

/** Macros whose first argument is a variable that stands only inside of the call. */
export const BINDING_MACROS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

interface Scope {
  readonly bound: ReadonlySet<string>;
  readonly optional: boolean;
}

/** Every free name of an expression, left to right. */
export function namesIn(ast: ASTNode): NameUse[] {
  const found: NameUse[] = [];
  walk(ast, { bound: new Set(), optional: false }, found);
  return found.toSorted((a, b) => a.start - b.start);
}

/** The free name that a node is, as a path; null when it is something else. Computed indexes are not looked into. */
export function nameOf(node: ASTNode): NameUse | null {
  return asName(node, { bound: new Set(), optional: false }, []);
}

/** The variable of a macro such as `list.all(x, …)`; null for any other node. */
export function bindingOf(node: ASTNode): string | null {
  if (node.op !== 'rcall') return null;
  const [method, receiver, [variable]] = node.args;
  const isBind = method === 'bind' && receiver.op === 'id' && receiver.args === 'cel';
  return variable?.op === 'id' && (isBind || BINDING_MACROS.has(method)) ? variable.args : null;
}

function walk(node: ASTNode, scope: Scope, found: NameUse[]): void {
  const name = asName(node, scope, found);
  if (name !== null) {
    if (!scope.bound.has(name.path[0] ?? '')) found.push(name);
    return;
  }
  if (node.op === 'call') {
    const inner = node.args[0] === 'has' ? { ...scope, optional: true } : scope;
    for (const argument of node.args[1]) walk(argument, inner, found);
  } else if (node.op === 'rcall') {
    walkMethod(node.args[0], node.args[1], node.args[2], scope, found);
  } else {
    for (const child of childNodes(node)) walk(child, scope, found);
  }
}

function walkMethod(
  method: string,
  receiver: ASTNode,
  args: readonly ASTNode[],
  scope: Scope,
  found: NameUse[],
): void {
  const [variable, ...rest] = args;
  const isBind = method === 'bind' && receiver.op === 'id' && receiver.args === 'cel';
  if (!isBind) walk(receiver, scope, found);
  if (variable?.op === 'id' && (isBind || BINDING_MACROS.has(method))) {
    const inner = { ...scope, bound: new Set([...scope.bound, variable.args]) };
    for (const argument of rest) walk(argument, inner, found);
  } else {
    for (const argument of args) walk(argument, scope, found);
  }
}

/** The node as one name, or null when it is something else. A computed index is walked on its own. */
function asName(node: ASTNode, scope: Scope, found: NameUse[]): NameUse | null {
  const { start, end } = node.range;
  const { optional } = scope;
  if (node.op === 'id') return { path: [node.args], start, end, optional, fixed: true };
  if (node.op === '.') {
    const base = asName(node.args[0], scope, found);
    return base && { ...base, path: [...base.path, node.args[1]], end };
  }
  if (node.op !== '[]') return null;
  const base = asName(node.args[0], scope, found);
  if (base === null) return null;
  const index = node.args[1];
  if (index.op === 'value' && (typeof index.args === 'string' || typeof index.args === 'bigint')) {
    return { ...base, path: [...base.path, String(index.args)], end };
  }
  walk(index, scope, found);
  return { ...base, path: [...base.path, '*'], end, fixed: false };
}

/** The nodes that are operands of a node, whatever its kind. */
export function childNodes(node: ASTNode): ASTNode[] {
  return children(node.args);
}

/** Nested lists and pairs of nodes among literals. */
function children(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(children);
  return args !== null && typeof args === 'object' && 'op' in args ? [args as ASTNode] : [];
}
