import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { MeasuredCode } from './measured-code.ts';
import { measuredProgram } from './measured.fixture.ts';

const { signal } = new AbortController();

t.test('what two cells executed is summed, with the text of lines', async t => {
  const { measured, run } = measuredProgram(t.testdir());
  const code = await MeasuredCode.begin([measured], [], signal);
  t.match(code.coverage(), { cells: 0, missing: [], sources: [{ lines: [{ line: 4, count: 0 }] }] });
  // At the same time, as cells end.
  await Promise.all([code.add({ files: [run(50, 150)] }), code.add({ files: [run(151, 300)] })]);
  const { cells, missing, sources } = code.coverage();
  t.equal(cells, 2);
  t.strictSame(missing, []);
  const [source] = sources;
  t.match(source, { source: 'kernel/tea.c', path: measured.path, reasons: [] });
  t.strictSame(
    source?.lines.filter(line => line.function === 'boil'),
    [
      { line: 4, function: 'boil', text: 'static int boil(int degrees)', count: 4, branches: [] },
      { line: 6, function: 'boil', text: '\tif (degrees < 100)', count: 4, branches: [1, 3] },
      { line: 7, function: 'boil', text: '\t\treturn -1;', count: 1, branches: [] },
      { line: 8, function: 'boil', text: '\tif (degrees > 200)', count: 3, branches: [1, 2] },
      { line: 9, function: 'boil', text: '\t\treturn -1;', count: 1, branches: [] },
      { line: 10, function: 'boil', text: '\treturn is_odd(degrees);', count: 2, branches: [] },
    ],
  );
  t.strictSame(
    source?.functions.map(({ name, count }) => [name, count]),
    [
      ['boil', 4],
      ['main', 2],
    ],
  );
});

t.test('cells without counters are counted by why, and add nothing', async t => {
  const { measured, run } = measuredProgram(t.testdir());
  const code = await MeasuredCode.begin([measured, measured], [], signal);
  const good = run(50);
  await code.add({ missing: 'hang' });
  await code.add({ missing: 'panic' });
  await code.add({ missing: 'panic' });
  await code.add({ files: [good, Buffer.from('torn')] });
  const { cells, missing, sources } = code.coverage();
  t.equal(cells, 0);
  t.match(missing, [
    { why: 'panic', cells: 2 },
    { why: 'hang', cells: 1 },
    { why: /^gcov cannot read the counters of kernel\/tea\.c .*gcda:not a gcov data file$/, cells: 1 },
  ]);
  t.ok(
    sources[0]?.lines.every(({ count }) => count === 0),
    'of none of its sources, where one cannot be read',
  );
});

t.test('reasons come from the lists of the scenarios whose title is the source', async t => {
  const dir = t.testdir({ tea: {}, milk: {} });
  const { measured } = measuredProgram(dir);
  const list = (title: string) =>
    `title: ${title}\nbehaviours: {}\nfunctions: {}\nunreached:\n  - { function: boil, code: return -1, because: nobody burns tea }\n`;
  writeFileSync(join(dir, 'tea', 'coverage.yaml'), list('kernel/tea.c'));
  writeFileSync(join(dir, 'milk', 'coverage.yaml'), list('kernel/milk.c'));
  mkdirSync(join(dir, 'tea', 'deep'));
  const scenarios = ['tea/a.yaml', 'tea/deep/b.yaml', 'milk/c.yaml'].map(path => ({ path: join(dir, path) }));
  const code = await MeasuredCode.begin([measured], scenarios, signal);
  t.match(code.coverage().sources[0]?.reasons, {
    length: 1,
    0: {
      list: /tea\/coverage\.yaml$/,
      function: 'boil',
      code: 'return -1',
      because: 'nobody burns tea',
    },
  });
});

t.test('a source that cannot be read has no text, and is measured', async t => {
  const { measured, run } = measuredProgram(t.testdir());
  const code = await MeasuredCode.begin([{ ...measured, path: '/nowhere/tea.c' }], [], signal);
  await code.add({ files: [run(50)] });
  t.match(code.coverage(), { cells: 1, sources: [{ lines: [{ line: 4, text: '', count: 1 }] }] });
});

t.test('lines of a function that was inlined have its name, by the text', async t => {
  const { measured, run } = measuredProgram(t.testdir(), '-O2');
  const code = await MeasuredCode.begin([measured], [], signal);
  await code.add({ files: [run(50, 150)] });
  const [source] = code.coverage().sources;
  const names = source?.functions.map(({ name }) => name) ?? [];
  t.notOk(names.includes('boil'), `gcc inlines it: ${names.join(' ')}`);
  t.match(
    source?.lines.filter(line => line.function === 'boil'),
    { 0: { line: 6, count: 2, text: '\tif (degrees < 100)' } },
  );
});
