import { bindingOf } from '../scenario/cel-names.ts';
import { compileAny, type Expression } from '../scenario/cel.ts';
import { show } from './cel-values.ts';

/**
 * The first item for which an expression `LIST.all(x, CONDITION)` does not hold: `[7] is {"src":1}`. Null for any other expression, and
 * where all items are as they should be.
 */
export function counterExample(
  { ast, text }: Expression,
  context: Readonly<Record<string, unknown>>,
): string | null {
  const variable = bindingOf(ast);
  if (ast.op !== 'rcall' || ast.args[0] !== 'all' || variable === null) return null;
  const [, receiver, [, condition]] = ast.args;
  if (condition === undefined) return null;
  const [list, holds] = [receiver, condition].map(({ range }) =>
    compileAny(text.slice(range.start, range.end)),
  );
  if (list === undefined || holds === undefined || 'problem' in list || 'problem' in holds) return null;
  try {
    const items = list.evaluate(context);
    if (!Array.isArray(items)) return null;
    const index = items.findIndex(
      (item: unknown) => holds.evaluate({ ...context, [variable]: item }) === false,
    );
    return index < 0 ? null : `[${index}] is ${show(items[index])}`;
  } catch {
    return null;
  }
}
