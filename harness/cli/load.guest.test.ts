import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import type { LoadCell, LoadReport } from '../model/load-report.ts';
import { loadDocument } from '../report/load-schema.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { TESTDATA } from './bpfrig.fixture.ts';

// Guests have time limits of their own.
t.setTimeout(0);

const OBJECTS = join(TESTDATA, 'load');
const BOTH = ['--kernel', '5.10', '--kernel', '7.3'];

/** What `bpfrig load` of objects reports, and what it prints. */
async function loaded(t: Test, names: readonly string[], ...options: string[]) {
  const json = join(t.testdir(), 'load.json');
  const argv = ['load', ...names.map(name => join(OBJECTS, name)), ...BOTH, '--json', json, ...options];
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    [join(PACKAGE_ROOT, 'dist', 'cli', 'main.js'), ...argv],
    { reject: false, stdin: 'ignore' },
  );
  if (!existsSync(json)) t.comment(stderr);
  const report: LoadReport = loadDocument.parse(JSON.parse(readFileSync(json, 'utf8')));
  t.equal(report.exitCode, exitCode, 'the exit code is in the report');
  return { exitCode, stdout, report, dir: t.testdirName };
}

/** The cells of a program, 5.10's first. */
function cellsOf(
  { cells }: LoadReport,
  program: string,
): readonly [LoadCell | undefined, LoadCell | undefined] {
  const on = (kernel: string) => cells.find(cell => cell.prog_name === program && cell.kernel === kernel);
  return [on('5.10'), on('7.3')];
}

t.test('programs that load everywhere, with the figures of the verifier', async t => {
  const { exitCode, stdout, report, dir } = await loaded(
    t,
    ['everywhere.bpf.c'],
    '--csv',
    join(t.testdir(), 'csv'),
  );
  t.equal(exitCode, 0, stdout);
  for (const { kernel, prog_name, state, reason, figures } of report.cells) {
    const what = `${prog_name} on ${kernel}`;
    t.equal(state, 'loaded', `${what}: ${reason}`);
    t.ok((figures?.total_insns ?? 0) > 0, `${what}: instructions`);
    t.ok((figures?.prog_size_jited ?? 0) > 0, `${what}: machine code`);
    t.ok((figures?.xlated_bytes ?? 0) > 0, `${what}: rewritten`);
    t.equal(
      figures?.verified_insns ?? null,
      kernel === '5.10' ? null : figures?.total_insns,
      `${what}: the two agree`,
    );
  }
  t.equal(report.cells.length, 10);
  t.match(stdout, /^ {2}optional \(\?tc\) +\d+ +\d+$/m);
  const csv = readFileSync(join(dir, 'csv', '7.3.csv'), 'utf8')
    .trim()
    .split('\n');
  t.equal(csv.length, 6);
  t.match(csv[1], /^everywhere\.bpf\.c,last,success,\d+,[1-9]/);
});

t.test('what the verifier refuses, with its own words and the line of source', async t => {
  const { exitCode, stdout, report, dir } = await loaded(
    t,
    ['refused.bpf.c'],
    '--log-dir',
    join(t.testdir(), 'logs'),
  );
  t.equal(exitCode, 1);
  const [old, recent] = cellsOf(report, 'since_6_1');
  t.match(old, {
    state: 'refused',
    call: 'bpf(BPF_PROG_LOAD)',
    errno: 'EINVAL',
    reason: /invalid func unknown#208/,
  });
  t.equal(recent?.state, 'loaded', `7.3: ${recent?.reason}`);
  for (const cell of cellsOf(report, 'beyond_ctx')) {
    t.match(cell, { state: 'refused', errno: 'EACCES', reason: 'invalid bpf_context access off=100 size=4' });
    t.match(cell?.source, /ctx \+ 100/, 'the line of source');
  }
  t.equal(cellsOf(report, 'beyond_ctx')[1]?.place, 'refused.bpf.c:17');
  t.equal(stdout.match(/^invalid bpf_context access off=100 size=4\n/gm)?.length, 1, 'once for both kernels');
  t.match(stdout, /refused\.bpf\.c beyond_ctx: both kernels/);
  const log = readFileSync(join(dir, 'logs', '5.10', 'refused.bpf.c', 'beyond_ctx.log'), 'utf8');
  t.match(log, /r0 = \*\(u32 \*\)\(r1 \+100\)[^]*invalid bpf_context access off=100 size=4/);
  t.notOk(
    existsSync(join(dir, 'logs', '7.3', 'refused.bpf.c', 'since_6_1.log')),
    'no log of a program that was loaded',
  );
});

t.test('types of programs; one is judged without the others of its object', async t => {
  const { exitCode, report } = await loaded(t, ['kinds.bpf.c']);
  t.equal(exitCode, 1);
  for (const program of ['on_tc', 'on_kprobe', 'on_fentry', 'on_ssthresh'])
    for (const cell of cellsOf(report, program))
      t.equal(cell?.state, 'loaded', `${program}: ${cell?.reason}`);
  for (const cell of cellsOf(report, 'on_undo_cwnd'))
    t.match(cell, { state: 'refused', reason: /R\d invalid mem access '(?:inv|scalar)'/ });
});

t.test('what no kernel is asked about is neither good nor the kernel’s fault', async t => {
  const skipped = await loaded(t, ['skipped.bpf.c']);
  t.equal(skipped.exitCode, 4);
  for (const cell of cellsOf(skipped.report, 'replacement'))
    t.match(cell, { state: 'skipped', reason: /target/ });
  for (const cell of cellsOf(skipped.report, 'untyped'))
    t.match(cell, { state: 'skipped', reason: /section/ });
});

t.test('what libbpf does not find on a kernel is said in its words', async t => {
  const { exitCode, report, stdout } = await loaded(t, ['missing.bpf.c']);
  t.equal(exitCode, 1);
  for (const cell of cellsOf(report, 'with_kfunc'))
    t.match(cell, { state: 'unloadable', call: null, reason: /bpf_no_such_kfunc.* not found/ });
  t.notMatch(stdout, /the kernel refused/);
});
