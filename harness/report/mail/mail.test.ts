import t from 'tap';
import type { BisectAnswer } from '../../model/bisect-answer.ts';
import { foldRun } from '../fold.ts';
import { goldenEvents, matchGolden } from '../golden.ts';
import { ledgerDifference } from './ledger-difference.ts';
import { mailText, type MailSources } from './mail.ts';
import { suspects } from './suspects.ts';
import { COLUMNS, wrapped, wrappedCommand } from './wrap.ts';

const summary = foldRun(goldenEvents('full'));
const answer: BisectAnswer = {
  scenarios: ['cve/a'],
  variant: {},
  question: 'verdict',
  heldBefore: true,
  before: { label: '6.12.101-1', version: '6.12.101' },
  first: { label: '6.12.105-1', version: '6.12.105' },
  between: ['6.12.103-1'],
};
const SOURCES: MailSources = {
  scenario: 'title: a scenario\nsource: kernel/bpf/cpumap.c\n\nexpect: [sent == 0]\n',
  source: 'kernel/bpf/cpumap.c, cpu_map_enqueue; net/core/xdp.c',
  bisect: answer,
};

function resultOf(verdict: string) {
  const result = [...summary.results.values()].find(one => one.verdict === verdict);
  if (result === undefined) throw new Error(`no cell is ${verdict}`);
  return result;
}

t.test('a mail has what, where, the difference, the log, the reproducer and the suspects', async t => {
  for (const verdict of ['fail', 'panic', 'pass'])
    matchGolden(t, `testdata/mail-${verdict}.txt`, mailText(summary, resultOf(verdict), SOURCES));
});

t.test('prose and commands have 72 columns', async t => {
  for (const result of summary.results.values()) {
    const text = mailText(summary, { ...result, consoleTail: [] }, { ...SOURCES, scenario: null });
    const long = text
      .split('\n')
      .slice(1)
      .filter(line => line.length > COLUMNS && / .* /.test(line.trim()) && !/ {3}\(|->/.test(line));
    t.same(long, [], result.cell.id);
  }
});

t.test('without a file and without a bisect, it says so or leaves it out', async t => {
  const text = mailText(summary, resultOf('fail'), { scenario: null, source: '', bisect: null });
  t.match(text, /could not be read/);
  t.notMatch(text, /Since when/);
});

t.test('text of a guest cannot do anything to a terminal', async t => {
  const text = mailText(summary, { ...resultOf('fail'), consoleTail: ['\u001b[31mred'] }, SOURCES);
  t.match(text, /\\x1b\[31mred/);
});

t.test('suspected commits are those of the stable series, or of mainline between two series', async t => {
  t.match(
    suspects(answer, SOURCES.source).join('\n'),
    / {2}git log --oneline v6\.12\.101\.\.v6\.12\.105 \\\n {4}-- kernel\/bpf\/cpumap\.c net\/core\/xdp\.c$/,
  );
  const series = {
    ...answer,
    before: { label: '6.1', version: '6.1.192' },
    first: { label: '6.12', version: '6.12.117' },
  };
  t.match(suspects(series, '').join('\n'), /git log --oneline v6\.1\.\.v6\.12\.\d+$/);
  const reversed = suspects({ ...answer, before: answer.first, first: answer.before }, '');
  t.match(reversed.join('\n'), /v6\.12\.101\.\.v6\.12\.105$/, 'the older one first, whichever is good');
  const builds = suspects({ ...answer, first: answer.before }, '').join(' ');
  t.match(builds, /the same upstream version/);
  t.notMatch(builds, /git log/);
  const unknown = { ...answer, first: { label: 'x', version: null } };
  t.notMatch(suspects(unknown, '').join('\n'), /git log/);
  t.match(suspects({ ...answer, heldBefore: false }, '').join(' '), /it does not hold, and on .* it does\./);
});

t.test('lines are broken at blanks, commands before options', async t => {
  t.same(
    wrapped('a '.repeat(40).trim(), '  ').map(line => line.length <= COLUMNS),
    [true, true],
  );
  t.same(wrapped('x'.repeat(100)), ['x'.repeat(100)], 'a long word stays whole');
  const command = `./bpfrig run scenarios/cve/CVE-2026-23359.yaml --kernel 6.18 --variant mode=native --accel tcg`;
  t.same(wrappedCommand(command, '  '), [
    '  ./bpfrig run scenarios/cve/CVE-2026-23359.yaml --kernel 6.18 \\',
    '    --variant mode=native --accel tcg',
  ]);
});

t.test('two accounts differ in the rows that differ', async t => {
  const stage = (lost: number) => ({
    name: 'xdp',
    in: 10,
    enters: {},
    out: { redirect: 10 - lost },
    to: {},
    residual: lost,
  });
  const ledger = (lost: number) => ({
    stages: [stage(lost)],
    sinks: [],
    origins: [],
    identity: [],
    absent: null,
  });
  t.same(ledgerDifference([ledger(0), ledger(3)], ['6.1', '6.12']), [
    '                 6.1  6.12',
    'xdp -> redirect   10     7',
    'xdp unaccounted    0     3',
  ]);
  t.same(ledgerDifference([ledger(0), ledger(0)], ['6.1', '6.12']), []);
  t.same(ledgerDifference([null, ledger(0)], ['', '6.12']), [
    '                 6.12',
    'xdp in             10',
    'xdp -> redirect    10',
  ]);
  t.same(ledgerDifference([ledger(0), null], ['6.1', '6.12']), []);
});
