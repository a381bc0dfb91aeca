import type { CodeCoverage, SourceCoverage } from '../../model/code-coverage.ts';
import { oneLine } from '../text.ts';
import { shareOf, sharesOf, type Share } from './unreached.ts';

/** What was executed of a kernel's own code as a trace file of lcov, which genhtml and most services read: geninfo(1), "FILES". */
export function lcovText(kernel: string, { sources }: CodeCoverage): string {
  // Names of tests are letters, digits and `_`.
  const test = kernel.replaceAll(/\W/g, '_');
  return sources.map(source => `TN:${test}\n${recordOf(source).join('\n')}\nend_of_record\n`).join('');
}

function recordOf({ path, functions, lines }: SourceCoverage): string[] {
  const shares = sharesOf(lines);
  return [
    `SF:${oneLine(path)}`,
    ...functions.map(({ name, line }) => `FN:${line},${oneLine(name)}`),
    ...functions.map(({ name, count }) => `FNDA:${count},${oneLine(name)}`),
    ...totals('FN', shareOf(functions.map(({ count }) => count))),
    ...lines.flatMap(({ line, count, branches }) =>
      // `-`: never decided, since the line was not reached.
      branches.map((taken, i) => `BRDA:${line},0,${i},${count === 0 ? '-' : taken}`),
    ),
    ...totals('BR', shares.branches),
    ...lines.map(({ line, count }) => `DA:${line},${count}`),
    ...totals('L', shares.lines),
  ];
}

function totals(kind: string, { reached, all }: Share): string[] {
  return [`${kind}F:${all}`, `${kind}H:${reached}`];
}
