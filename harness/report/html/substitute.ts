import type { Counters, Value } from '../../model/counters.ts';

// A quoted text, or a name with its path. A name before a parenthesis is a function or a macro.
const TOKEN =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\["[^"\]]*"\]|\['[^'\]]*'\])*(?!\w|\s*\()/g;
const STEP = /\.?([A-Za-z_]\w*)|\["([^"\]]*)"\]|\['([^'\]]*)'\]/g;

/**
 * Returns an expression with the values of counters instead of their names, for an expectation that held: `sent == 10000` becomes
 * `10000 == 10000`. Null if the expression contains no name with a scalar value.
 */
export function substitute(expr: string, counters: Counters): string | null {
  let found = false;
  const text = expr.replace(TOKEN, token => {
    if (/^["']/.test(token)) return token;
    const value = lookUp(token, counters);
    if (value === undefined || value === null || typeof value === 'object') return token;
    found = true;
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  });
  return found ? text : null;
}

function lookUp(path: string, counters: Counters): Value | undefined {
  let at: Value | undefined = counters;
  for (const [, name, quoted, single] of path.matchAll(STEP)) {
    const key = name ?? quoted ?? single ?? '';
    at = isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}

function isRecord(value: Value | undefined): value is Counters {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
