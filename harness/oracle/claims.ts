import type { Counters } from '../model/counters.ts';
import { childNodes, namesIn, nameOf } from '../scenario/cel-names.ts';
import type { NameUse } from '../scenario/cel-names.ts';
import { compileAny, type Expression } from '../scenario/cel.ts';
import { celContext } from './cel-values.ts';

type Node = Expression['ast'];

/**
 * The names that an expression bounds from above, in a cell with these counters: those for which it would not hold if they were any
 * larger. `xdp.drop == 20` and `accepted + ring_full == sent` bound what they name; `ring_full > 0` does not, and neither does
 * `kernel.at_least("6.1") || xdp.drop == 0` on a kernel for which its first half is enough.
 */
export function boundedNames(expression: Expression, counters: Counters): NameUse[] {
  const context = celContext(counters);
  const holds = (node: Node): boolean => {
    const { start, end } = node.range;
    const part = compileAny(node.input.slice(start, end));
    if ('problem' in part) return false;
    try {
      return part.evaluate(context) === true;
    } catch {
      return false;
    }
  };
  return bounded(expression.ast, true, holds);
}

type Holds = (node: Node) => boolean;

/** `wanted`: the value that the node must have. */
function bounded(node: Node, wanted: boolean, holds: Holds): NameUse[] {
  switch (node.op) {
    case '!_':
      return bounded(node.args, !wanted, holds);
    case '&&':
    case '||': {
      const isAll = (node.op === '&&') === wanted;
      // Of alternatives only those count that are so: the others may be anything.
      const sides = isAll ? node.args : node.args.filter(side => holds(side) === wanted);
      return sides.flatMap(side => bounded(side, wanted, holds));
    }
    case '?:': {
      const [condition, yes, no] = node.args;
      return bounded(holds(condition) ? yes : no, wanted, holds);
    }
    case '==':
    case '!=':
      return (node.op === '==') === wanted ? namesIn(node) : [];
    case '<':
    case '<=':
      return [...signed(node.args[0], wanted), ...signed(node.args[1], !wanted)];
    case '>':
    case '>=':
      return [...signed(node.args[0], !wanted), ...signed(node.args[1], wanted)];
    case 'in':
      return wanted ? namesIn(node) : [];
    default:
      return namesIn(node).filter(({ optional }) => !optional);
  }
}

/** Names of one side of an inequality that a bound on it bounds: `upper` when the side may not be larger than something. */
function signed(node: Node, upper: boolean): NameUse[] {
  const name = nameOf(node);
  if (name !== null) return upper ? [name] : [];
  if (node.op === '+') return node.args.flatMap(side => signed(side, upper));
  if (node.op === '-') return [...signed(node.args[0], upper), ...signed(node.args[1], !upper)];
  if (node.op === '-_') return signed(node.args, !upper);
  if (node.op === 'call') return upper ? namesIn(node) : [];
  return childNodes(node).flatMap(child => namesIn(child));
}
