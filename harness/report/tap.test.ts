import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Parser, type FinalResults, type Result } from 'tap-parser';
import { goldenEvents, reportOf } from './golden.ts';
import { createTapReporter, escapeTap } from './tap.ts';

interface Parsed {
  readonly ok: boolean;
  readonly plan: readonly [number, number];
  readonly results: readonly Result[];
  readonly extra: readonly string[];
  readonly failures: readonly string[];
}

// `strict`: every line that is not TAP is a failure.
function parse(text: string): Parsed {
  const finals: FinalResults[] = [];
  const parser = new Parser({ strict: true }, final => finals.push(final));
  const results: Result[] = [];
  const extra: string[] = [];
  parser.on('assert', (result: Result) => results.push(result));
  parser.on('extra', (line: string) => extra.push(line));
  parser.end(text);
  const [final] = finals;
  if (final === undefined) throw new Error('the parser did not finish');
  const failures = final.failures.filter(f => 'tapError' in f && f.tapError).map(f => JSON.stringify(f));
  return { ok: final.ok, plan: [final.plan.start ?? -1, final.plan.end ?? -1], results, extra, failures };
}

t.test('a run with every verdict', async t => {
  const events = goldenEvents('full');
  const parsed = parse(reportOf(createTapReporter(), events));
  t.same(parsed.failures, [], 'a strict parser reports no failure');
  t.same(parsed.extra, [], 'no line is outside of TAP');
  t.same(parsed.plan, [1, 10]);
  t.equal(parsed.ok, false);
  const ends = events.flatMap(event => (event.type === 'cell-end' ? [event.result] : []));
  t.same(
    parsed.results.map(r => r.name),
    ends.map(r => r.cell.id),
    'names are unchanged after parsing, with any characters',
  );
  const by = (verdict: string): Result | undefined =>
    parsed.results[ends.findIndex(r => r.verdict === verdict)];
  for (const verdict of ['fail', 'panic', 'hang', 'fixed', 'infra', 'error']) {
    t.equal(by(verdict)?.ok, false, verdict);
    t.notOk(by(verdict)?.todo, verdict);
    t.equal(by(verdict)?.diag.verdict, verdict);
  }
  t.match(by('pass'), { ok: true, time: 412 });
  t.match(by('skip'), { ok: true, skip: 'needs live-frames, which this kernel lacks; since 6.18' });
  t.match(by('known'), { ok: false, todo: /^generic mode/ });
  t.same(by('fail')?.diag.expectations, [
    {
      expr: 'kthread.xdp_drop == cpumap.accepted',
      values: '5026 == 8192',
      at: 'scenarios/cpumap/kthread/entry-drop.yaml:22',
    },
    {
      expr: 'size(log.splats) == 0 && nme > 1',
      error: 'unknown name nme # here',
      at: 'scenarios/cpumap/kthread/entry-drop.yaml:23',
    },
  ]);
  t.same(by('fail')?.diag.residuals, { kthread: 3166, stack: -3 });
  t.ok(
    by('panic')?.diag.console.some((line: string) => line.trim() === '...'),
    'a console line "..." does not end the YAML block',
  );
});

t.test('a cut-off run: every planned cell has a test point, and the whole is red', async t => {
  const parsed = parse(reportOf(createTapReporter(), goldenEvents('cut')));
  t.same(parsed.failures, []);
  t.same(parsed.plan, [1, 6]);
  t.same(
    parsed.results.map(r => r.ok),
    [true, false, false, false, false, false],
  );
  t.match(parsed.results[1]?.diag.reason, /^not finished: /);
});

t.test('no cell, one cell, no run', async t => {
  t.match(
    reportOf(createTapReporter(), goldenEvents('empty')),
    /^TAP version 13\n1\.\.0 # SKIP no cell was planned\n$/,
  );
  t.equal(parse(reportOf(createTapReporter(), goldenEvents('one'))).ok, true);
  t.equal(parse(reportOf(createTapReporter(), [])).ok, false);
});

t.test('escapes', async t => {
  t.equal(escapeTap('a # b \\ c\nd'), 'a \\# b \\\\ c d');
});

/** What perl's Test::Harness says of a text. */
function prove(t: Test, name: string, text: string) {
  const file = join(t.testdir(), `${name}.tap`);
  writeFileSync(file, text);
  const { status, stdout, stderr, error } = spawnSync('prove', ['--exec', 'cat', file], { encoding: 'utf8' });
  if (error !== undefined) throw error;
  return { status, text: stdout + stderr };
}

t.test(
  'perl’s prove: a green run passes, also one with known, skip and a second try; a red one does not',
  async t => {
    const green = goldenEvents('full').filter(
      event => event.type !== 'cell-end' || ['pass', 'skip', 'known'].includes(event.result.verdict),
    );
    const ends = new Set(green.flatMap(event => (event.type === 'cell-end' ? [event.result.cell.id] : [])));
    const planned = green.map(event =>
      event.type === 'run-start' ? { ...event, cells: event.cells.filter(({ id }) => ends.has(id)) } : event,
    );
    t.ok(ends.size >= 3);
    for (const [name, events] of [
      ['green', planned],
      ['one', goldenEvents('one')],
    ] as const) {
      const judged = prove(t, name, reportOf(createTapReporter(), events));
      t.equal(judged.status, 0, judged.text);
      t.match(judged.text, /^Result: PASS$/m);
      t.notMatch(judged.text, /Parse error/);
    }
    const empty = prove(t, 'empty', reportOf(createTapReporter(), goldenEvents('empty')));
    t.match(empty.text, /^Result: NOTESTS$/m);
    for (const name of ['full', 'cut'] as const) {
      const judged = prove(t, name, reportOf(createTapReporter(), goldenEvents(name)));
      t.not(judged.status, 0);
      t.match(judged.text, /^Result: FAIL$/m);
      t.notMatch(judged.text, /Parse error/);
    }
    t.not(prove(t, 'none', reportOf(createTapReporter(), [])).status, 0);
  },
);
