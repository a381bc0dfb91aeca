import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { MeasuredSource } from '../../model/kernel.ts';
import { findGcov, runGcov, type Executed } from './gcov.ts';
import { measuredProgram } from './measured.fixture.ts';

const { signal } = new AbortController();

/** Line, count and branches of each line. */
function counts({ lines }: Executed): (readonly [number, number, ...(readonly number[])[]])[] {
  return lines.map(({ line, count, branches }) =>
    branches.length === 0 ? [line, count] : [line, count, branches],
  );
}

t.test('lines, branches and functions of the source itself, and none of a header', async t => {
  const { measured, run } = measuredProgram(t.testdir());
  const gcov = await findGcov(measured);
  const executed = await runGcov(gcov, measured, run(50, 150, 151), signal);
  t.strictSame(counts(executed), [
    [4, 3],
    [6, 3, [1, 2]],
    [7, 1],
    [8, 2, [0, 2]],
    [9, 0],
    [10, 2],
    [13, 1],
    [15, 1],
    [17, 4, [3, 1]],
    [18, 3],
    [19, 1],
  ]);
  t.strictSame(executed.functions, [
    { name: 'boil', line: 4, count: 3 },
    { name: 'main', line: 13, count: 1 },
  ]);
  t.strictSame([...new Set(executed.lines.map(line => line.function))], ['boil', 'main']);
});

t.test('without counters, everything is there and nothing was executed', async t => {
  const { measured, run } = measuredProgram(t.testdir());
  const gcov = await findGcov(measured);
  const nothing = await runGcov(gcov, measured, null, signal);
  const executed = await runGcov(gcov, measured, run(1), signal);
  t.ok(nothing.lines.every(({ count, branches }) => count === 0 && branches.every(taken => taken === 0)));
  t.strictSame(
    nothing.lines.map(({ line, branches }) => [line, branches.length]),
    executed.lines.map(({ line, branches }) => [line, branches.length]),
  );
});

t.test('counters of another build, of another form, and none are refused', async t => {
  const dir = t.testdir({ a: {}, b: {} });
  const { measured, run } = measuredProgram(join(dir, 'a'));
  const other = measuredProgram(join(dir, 'b'));
  const gcov = await findGcov(measured);
  const read = (counters: Uint8Array, of: MeasuredSource = measured) => runGcov(gcov, of, counters, signal);
  const good = run(1);
  await t.rejects(read(other.run(1)), {
    code: 'infra',
    message:
      /^gcov cannot read the counters of kernel\/tea\.c with .*a\/kernel\/tea\.gcno: gcda:stamp mismatch/,
  });
  await t.rejects(read(Buffer.from('no counters')), { message: /gcda:not a gcov data file$/ });
  await t.rejects(read(Buffer.alloc(0)), { message: 'the counters of kernel/tea.c are empty' });
  await t.rejects(read(good, { ...measured, source: 'kernel/milk.c' }), {
    message: 'gcov reports no line of kernel/milk.c',
  });
});

/** Notes whose version is another one. */
function notesOf(t: Test, measured: MeasuredSource, version: string): MeasuredSource {
  const notes = join(t.testdirName, 'other.gcno');
  const bytes = readFileSync(measured.notes);
  Buffer.from(version, 'latin1').swap32().copy(bytes, 4);
  writeFileSync(notes, bytes);
  return { ...measured, notes };
}

t.test('notes of a gcc whose gcov this host does not have name what to install', async t => {
  const { measured } = measuredProgram(t.testdir());
  await t.rejects(findGcov(notesOf(t, measured, 'H72*')), {
    code: 'infra',
    message:
      /^kernel\/tea\.c was compiled by gcc 77, and this host has gcov of gcc \d+: install gcc-77, or build the tree with gcc \d+$/,
  });
  await t.rejects(findGcov(notesOf(t, measured, '408*')), { message: /was compiled by gcc 4, / });
  const path = process.env['PATH'];
  t.teardown(() => (process.env['PATH'] = path));
  process.env['PATH'] = t.testdirName;
  await t.rejects(findGcov(measured), { message: /and this host has no gcov: install gcc-\d+$/ });
});

t.test('notes that are missing, or none', async t => {
  const { measured } = measuredProgram(t.testdir());
  await t.rejects(findGcov({ ...measured, notes: '/nowhere/tea.gcno' }), {
    code: 'infra',
    message: /^cannot read the notes of the compiler: ENOENT.*\/nowhere\/tea\.gcno/,
  });
  await t.rejects(findGcov({ ...measured, notes: measured.path }), {
    message: /kernel\/tea\.c has no notes of gcc: build the tree again$/,
  });
});
