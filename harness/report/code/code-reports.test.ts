import t from 'tap';
import { EventLines } from '../../model/event-lines.ts';
import type { CodeCoverage } from '../../model/code-coverage.ts';
import type { RunEvent } from '../../model/events.ts';
import { foldRun } from '../fold.ts';
import { goldenEvents, reportOf } from '../golden.ts';
import { readEvents } from '../jsonl.ts';
import { mergeRuns } from '../merge.ts';
import { createReporter } from '../registry.ts';
import { COVERAGE, runWith, TEA } from './code.fixture.ts';
import { lcovText } from './lcov.ts';

const PLAIN = { color: false, tty: false, columns: 0, groups: false };

const WITH_REASONS: CodeCoverage = {
  ...COVERAGE,
  sources: [
    {
      ...TEA,
      reasons: [
        { list: 'coverage.yaml', function: 'pour', code: 'cups', because: 'there are no cups' },
        { list: 'coverage.yaml', function: 'boil', code: 'return 0', because: 'the kettle leaks' },
      ],
    },
  ],
};

function written(events: readonly RunEvent[]): string {
  const lines = new EventLines();
  return events.map(event => lines.next(event)).join('');
}

t.test('a saved run has the coverage again, once per kernel of its plan', async t => {
  const events = runWith(COVERAGE);
  t.strictSame(readEvents(written(events), 'x').events, events);
  t.strictSame(foldRun(events).code.get('6.12'), COVERAGE);
  const [before, [measured], end] = [events.slice(0, -2), events.slice(-2, -1), events.slice(-1)];
  t.throws(() => readEvents(written([...before, measured, measured, ...end] as RunEvent[]), 'x'), {
    message: /^x:6: a second coverage of the code of kernel 6\.12$/,
  });
  t.throws(() => readEvents(written(runWith(COVERAGE, '5.4')), 'x'), {
    message: /^x:5: kernel 5\.4 is not in the plan$/,
  });
  const negative = { ...TEA, functions: [{ name: 'boil', line: 4, count: -1 }] };
  t.throws(() => readEvents(written(runWith({ ...COVERAGE, sources: [negative] })), 'x'), {
    message: /^x:5: not an event of a run: coverage\.sources\.0\.functions\.0\.count: /,
  });
});

t.test('it does not decide over a verdict or an exit code', async t => {
  const [without, measured] = [foldRun(goldenEvents('one')), foldRun(runWith(COVERAGE))];
  t.strictSame(measured.counts, without.counts);
  t.equal(measured.exitCode, without.exitCode);
  t.equal(foldRun(runWith(COVERAGE).slice(0, -1)).exitCode, 3, 'and is no end of a run');
});

t.test('runs are merged into the sum, line by line and branch by branch', async t => {
  const pouring: CodeCoverage = {
    cells: 1,
    missing: [
      { why: 'hang', cells: 3 },
      { why: 'panic', cells: 1 },
    ],
    sources: [
      {
        ...TEA,
        functions: TEA.functions.map(one => ({ ...one, count: one.count + 1 })),
        lines: TEA.lines.map(one => ({
          ...one,
          count: one.count === 0 ? 7 : 0,
          branches: one.branches.map(() => 1),
        })),
        reasons: WITH_REASONS.sources[0]?.reasons ?? [],
      },
    ],
  };
  const merged = mergeRuns([runWith(WITH_REASONS), runWith(pouring), runWith(pouring)]);
  t.equal(merged.filter(event => event.type === 'code-coverage').length, 1);
  t.equal(merged.at(-1)?.type, 'run-end');
  t.doesNotThrow(() => readEvents(written(merged), 'x'));
  const whole = foldRun(merged).code.get('6.12');
  t.match(whole, {
    cells: 7,
    missing: [
      { why: 'hang', cells: 6 },
      { why: 'panic', cells: 4 },
    ],
    sources: { length: 1, 0: { source: 'kernel/tea.c', reasons: { length: 2 } } },
  });
  t.strictSame(
    whole?.sources[0]?.lines.map(({ count, branches }) => [count, ...branches]),
    [[3], [3, 3, 4], [1], [2, 2, 4], [14], [2], [14], [14, 2, 2]],
  );
  t.strictSame(
    whole?.sources[0]?.functions.map(({ count }) => count),
    [11, 2],
  );
});

t.test('another kernel, another source, and a run that measured nothing', async t => {
  const milk = { ...TEA, source: 'kernel/milk.c' };
  const merged = foldRun(
    mergeRuns([runWith(COVERAGE), goldenEvents('one'), runWith({ ...COVERAGE, sources: [milk] })]),
  );
  t.strictSame(
    merged.code.get('6.12')?.sources.map(({ source, lines }) => [source, lines[0]?.count]),
    [
      ['kernel/tea.c', 3],
      ['kernel/milk.c', 3],
    ],
  );
  t.strictSame(merged.notes, []);
});

t.test('sources that are not the same code are not summed, and a warning says so', async t => {
  const edited = { ...TEA, lines: TEA.lines.map(one => ({ ...one, line: one.line + 1 })) };
  const branch = { ...TEA, lines: TEA.lines.map(one => ({ ...one, branches: [1] })) };
  for (const other of [edited, branch]) {
    const merged = foldRun(mergeRuns([runWith(COVERAGE), runWith({ ...COVERAGE, sources: [other] })]));
    t.strictSame(merged.code.get('6.12')?.sources, [TEA]);
    t.match(merged.notes, [
      { level: 'warning', text: /^kernel\/tea\.c of kernel 6\.12 is not the same code in all of these runs/ },
    ]);
  }
});

t.test('the terminal has a line per source, stale reasons, and cells without counters', async t => {
  const text = reportOf(createReporter('terminal', PLAIN), runWith(WITH_REASONS));
  t.match(
    text,
    `
kernel/tea.c on 6.12: lines 5 of 8, branches 3 of 6; 2 lines not reached and without a reason
  stale reason: coverage.yaml: unreached \`return 0\` of boil: reached, in kernel/tea.c:10
  2 of 7 cells have no counters (panic 2)
`,
  );
  const all = { ...TEA, lines: TEA.lines.filter(({ count }) => count > 0) };
  t.match(
    reportOf(createReporter('terminal', PLAIN), runWith({ ...COVERAGE, missing: [], sources: [all] })),
    '\nkernel/tea.c on 6.12: lines 5 of 5, branches 3 of 4\n\n',
  );
});

t.test('the page has what was not reached first, with reasons, then each function', async t => {
  const html = reportOf(createReporter('html', PLAIN), runWith(WITH_REASONS));
  const section = /<section id="code">.*?<\/section>/s.exec(html)?.[0] ?? '';
  const text = section.replace(/<[^>]*>/g, '|').replace(/\|+/g, '|');
  t.match(text, 'lines 5 of 8, branches 3 of 6, functions 1 of 2; counted in 5 cells');
  t.match(text, '|2 of 7 cells have no counters (panic 2)|');
  t.match(text, /\|stale reason: .*reached, in kernel\/tea\.c:10\|/);
  const order = [
    'Not reached and without a reason: 2 lines|line|function|source|9|boil|\t\treturn -1;|13|pour|',
    'Not reached, with a reason: 1 line|line|function|source|reason|15|pour|\tif (cups &amp;&amp; &lt;hot>)|there are no cups|',
    '|boil| lines 5 of 6, branches 3 of 4, entered 3×|line|executed|branches|source|4|3|static int boil',
    '|pour| lines 0 of 2, branches 0 of 2, entered 0×|',
  ].map(part => text.indexOf(part));
  t.notOk(order.includes(-1), `${order.join(' ')}: ${text}`);
  t.strictSame(
    order,
    order.toSorted((a, b) => a - b),
  );
  t.notMatch(reportOf(createReporter('html', PLAIN), goldenEvents('one')), 'id="code"');
});

t.test('lines of a function that was inlined are a function of the page', async t => {
  const inlined = { ...TEA, functions: TEA.functions.filter(({ name }) => name !== 'boil') };
  const html = reportOf(createReporter('html', PLAIN), runWith({ ...COVERAGE, sources: [inlined] }));
  t.match(html, '<code>boil</code> lines 5 of 6, branches 3 of 4, inlined</summary>');
});

t.test('no text of a source or a list breaks out of its form', async t => {
  const hostile = '</code></script><b>\u001b[31m\u202e\n::error::x\nSF:/etc/passwd';
  const evil = {
    ...TEA,
    source: hostile,
    path: hostile,
    functions: TEA.functions.map(one => ({ ...one, name: `${one.name}${hostile}` })),
    lines: TEA.lines.map(one => ({ ...one, function: `${one.function}${hostile}`, text: hostile })),
    reasons: [
      { list: hostile, function: `pour${hostile}`, code: 'code', because: hostile },
      { list: hostile, function: hostile, code: hostile, because: hostile },
    ],
  };
  const events = runWith({ cells: 1, missing: [{ why: hostile, cells: 1 }], sources: [evil] });
  for (const name of ['terminal', 'html'] as const) {
    const text = reportOf(createReporter(name, PLAIN), events);
    t.notMatch(text, /(?![\n\t])[\p{Cc}\p{Cf}]/u, name);
    if (name === 'terminal') t.notMatch(text, /^\s*::/m);
    else t.notMatch(text, /<b>\\x1b|<\/script><b>/);
  }
  t.notMatch(lcovText('6.12', { ...COVERAGE, sources: [evil] }), '\nSF:/etc');
});
