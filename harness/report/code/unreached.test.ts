import t from 'tap';
import type { SourceCoverage } from '../../model/code-coverage.ts';
import { TEA } from './code.fixture.ts';
import { sharesOf, shareText, unreachedOf } from './unreached.ts';

/** What becomes of one reason, as numbers of lines. */
function explained(code: string, name = 'boil', source: SourceCoverage = TEA) {
  const reasons = [{ list: 'tea/coverage.yaml', function: name, code, because: 'why not' }];
  const { open, explained: lines, stale } = unreachedOf({ ...source, reasons });
  return { open: open.map(({ line }) => line), explained: lines.map(one => one.line.line), stale };
}

t.test('shares of lines and branches', async t => {
  const { lines, branches } = sharesOf(TEA.lines);
  t.equal(shareText(lines), '5 of 8');
  t.equal(shareText(branches), '3 of 6');
});

t.test('lines that were not reached need a reason', async t => {
  const { open, explained: none, stale } = unreachedOf(TEA);
  t.strictSame(
    open.map(({ line }) => line),
    [9, 13, 15],
  );
  t.strictSame([none, stale], [[], []]);
});

t.test('a reason is of the lines of its function that have its text', async t => {
  t.strictSame(explained('cups', 'pour'), { open: [9, 13], explained: [15], stale: [] });
  const { explained: lines } = unreachedOf({
    ...TEA,
    reasons: [{ list: 'x', function: 'pour', code: 'cups', because: 'no cups' }],
  });
  t.match(lines, [{ line: { line: 15 }, because: 'no cups' }]);
});

t.test('lines of the same text are distinguished by the text before', async t => {
  t.strictSame(explained('degrees > 200)  return -1'), { open: [13, 15], explained: [9], stale: [] });
  t.strictSame(explained('if (degrees > 200)\n\treturn -1;'), { open: [13, 15], explained: [9], stale: [] });
});

t.test('a reason of no line, of no function, or of a line that was reached is stale', async t => {
  t.strictSame(explained('stir', 'pour'), {
    open: [9, 13, 15],
    explained: [],
    stale: ['tea/coverage.yaml: unreached `stir` of pour: kernel/tea.c has no such line'],
  });
  t.strictSame(explained('cups', 'boil').stale, [
    'tea/coverage.yaml: unreached `cups` of boil: kernel/tea.c has no such line',
  ]);
  t.strictSame(explained('cups', 'spill').stale, [
    'tea/coverage.yaml: unreached `cups` of spill: kernel/tea.c has no such function',
  ]);
  t.strictSame(
    explained('return -1'),
    {
      open: [13, 15],
      explained: [9],
      stale: ['tea/coverage.yaml: unreached `return -1` of boil: reached, in kernel/tea.c:7'],
    },
    'also where it is of another line too',
  );
  t.strictSame(explained('return').stale, [
    'tea/coverage.yaml: unreached `return` of boil: reached, in kernel/tea.c:7, kernel/tea.c:10',
  ]);
});
