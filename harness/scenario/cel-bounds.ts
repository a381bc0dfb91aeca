import type { ASTNode } from '@marcbachmann/cel-js';
import { BINDING_MACROS, childNodes } from './cel-names.ts';

/** What decides how long an expression can take. */
export interface Nesting {
  /** Loops (`all`, `map`, …) within each other, at most. */
  readonly loops: number;
  /** `cel.bind` within each other, at most. */
  readonly binds: number;
  /** Whether it has a loop or a regular expression: all else takes microseconds. */
  readonly slow: boolean;
}

/** How deep an expression's loops are nested. */
export function nestingOf(ast: ASTNode): Nesting {
  const inner = childNodes(ast).map(nestingOf);
  const method = ast.op === 'rcall' ? ast.args[0] : '';
  const loop = BINDING_MACROS.has(method);
  return {
    loops: Math.max(0, ...inner.map(one => one.loops)) + Number(loop),
    binds: Math.max(0, ...inner.map(one => one.binds)) + Number(method === 'bind'),
    slow: loop || method === 'matches' || method === 'bind' || inner.some(one => one.slow),
  };
}
