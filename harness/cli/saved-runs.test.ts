import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { EventLines } from '../model/event-lines.ts';
import type { RunEvent } from '../model/events.ts';
import { countVerdicts } from '../model/verdict.ts';
import { COVERAGE, runWith } from '../report/code/code.fixture.ts';
import { goldenEvents } from '../report/golden.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';

const MAIN = join(PACKAGE_ROOT, 'dist', 'cli', 'main.js');
const dir = mkdtempSync(join(tmpdir(), 'bpfrig-saved-'));
t.setTimeout(180_000);
t.teardown(() => rmSync(dir, { recursive: true }));

function bpfrig(...args: string[]) {
  const env = { ...process.env, XDG_CACHE_HOME: join(dir, 'cache'), BPFRIG_RESULTS: join(dir, 'results') };
  const done = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', cwd: dir, env });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

function save(name: string, events: readonly RunEvent[], tail = ''): string {
  mkdirSync(join(dir, name, 'cells', name), { recursive: true });
  writeFileSync(join(dir, name, 'cells', name, 'console.log'), name);
  const lines = new EventLines();
  writeFileSync(join(dir, name, 'events.jsonl'), events.map(event => lines.next(event)).join('') + tail);
  return name;
}

/** The golden run with every cell of some kernels made a pass: one that can be green. */
function green(kernels: (id: string) => boolean = () => true): RunEvent[] {
  const start = goldenEvents('full').find(event => event.type === 'run-start');
  const plan = start?.cells ?? [];
  const own = plan.filter(cell => kernels(cell.kernel));
  return goldenEvents('full').flatMap((event): RunEvent[] => {
    if (event.type === 'run-start') return [{ ...event, cells: own }];
    if (event.type === 'run-end') {
      const counts = countVerdicts(own.map(() => ({ verdict: 'pass' })));
      return [{ ...event, counts, exitCode: 0, unfinished: [] }];
    }
    if (event.type !== 'cell-end') return event.type === 'cell-start' ? [] : [event];
    if (!own.some(cell => cell.id === event.result.cell.id)) return [];
    return [{ ...event, result: { ...event.result, verdict: 'pass', reason: '' } }];
  });
}

function shard(index: number, kernel: string): RunEvent[] {
  const plan = goldenEvents('full').find(event => event.type === 'run-start')?.cells ?? [];
  return green(id => id === kernel).map(event =>
    event.type === 'run-start' ? { ...event, shard: { index, count: 2, plan } } : event,
  );
}

t.test('report: exit codes of what is whole, red, cut off, and of no run at all', async t => {
  t.equal(bpfrig('report', save('green', green())).code, 0);
  t.equal(bpfrig('report', save('red', goldenEvents('full'))).code, 1);
  t.equal(bpfrig('report', save('empty', goldenEvents('empty'))).code, 4);
  const cut = bpfrig('report', save('cut', green().slice(0, -3), '{"at":"2026-03-14T09:2'));
  t.equal(cut.code, 3, 'killed in the middle of a line');
  t.match(cut.out, 'cut off');
  t.match(cut.out, /cut\/events\.jsonl:\d+: incomplete: the run was killed while it wrote this line/);
  const red = goldenEvents('full').slice(0, -1);
  t.equal(
    bpfrig('report', save('cut-red', red)).code,
    1,
    'killed after a cell was red because of the kernel',
  );
  const stopped = green().map(e => (e.type === 'run-end' ? { ...e, interrupted: true, exitCode: 130 } : e));
  const interrupted = bpfrig('report', save('interrupted', stopped));
  t.equal(interrupted.code, 130);
  t.match(interrupted.out, /interrupted · exit 130/);
  const lies = green().filter(event => event.type !== 'cell-end' || event.result.cell.kernel !== '6.1');
  t.equal(bpfrig('report', save('lies', lies)).code, 3, 'an end that says 0, and cells without a verdict');
  const none = bpfrig('report', 'nowhere');
  t.equal(none.code, 2);
  t.match(none.err, /nowhere: no run there/);
});

t.test('report: coverage of the kernels’ own code is that of all runs, also as files of lcov', async t => {
  const kernel = 'tree:../linux+gcov=kernel/tea.c';
  const named = runWith(COVERAGE).map(event => JSON.stringify(event).replaceAll('"6.12"', `"${kernel}"`));
  const events = named.map(event => JSON.parse(event) as RunEvent);
  const { out, code } = bpfrig('report', save('code-1', events), save('code-2', events), '--out', 'code');
  t.equal(code, 0);
  t.match(out, `\nkernel/tea.c on ${kernel}: lines 5 of 8, branches 3 of 6; 3 lines not reached`);
  t.match(out, '\n  4 of 14 cells have no counters (panic 4)');
  const file = join(dir, 'code', 'coverage', 'tree_.._linux_gcov=kernel_tea.c.info');
  t.match(readFileSync(file, 'utf8'), /^DA:4,6$/m);
  t.match(readFileSync(join(dir, 'code', 'report.html'), 'utf8'), '<section id="code">');
});

/** A saved run with a part of one of its lines changed. */
function edited(name: string, events: readonly RunEvent[], from: string | RegExp, to: string): string {
  save(name, events);
  const path = join(dir, name, 'events.jsonl');
  const text = readFileSync(path, 'utf8');
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`nothing to change: ${from}`);
  writeFileSync(path, changed);
  return name;
}

t.test('report: a stored exit code can only make it worse', async t => {
  const full = goldenEvents('full');
  const zero = bpfrig('report', edited('zero', full, /"exitCode":1\}/, '"exitCode":0}'));
  t.equal(zero.code, 1, 'red cells, and an end that says 0');
  t.match(zero.out, /exit 1\n/);
  t.equal(bpfrig('report', edited('worse', green(), /"exitCode":0\}/, '"exitCode":3}')).code, 3);
});

t.test(
  'report: a file that is not what a run wrote is exit 3, with its line and without a stack',
  async t => {
    const full = goldenEvents('full');
    const last = full.length;
    const end = full.filter(event => event.type === 'run-end').map(event => ({ ...event, exitCode: 0 }));
    for (const [name, saved, line] of [
      ['a text', edited('text-code', full, /"exitCode":1\}/, '"exitCode":"0"}'), last],
      ['256', edited('wrapping', full, /"exitCode":1\}/, '"exitCode":256}'), last],
      ['a second end', save('second', [...full, ...end]), last + 1],
      ['a later schema', edited('later', full, '"schema":2', '"schema":3'), 1],
      ['an unknown event', edited('event', full, '"type":"cell-start"', '"type":"cell-begin"'), null],
      ['an unknown verdict', edited('verdict', full, '"verdict":"pass"', '"verdict":"green"'), null],
      ['a changed verdict', edited('changed', full, '"verdict":"fail"', '"verdict":"pass"'), null],
      ['null', edited('null', full, /\n.*\n/, '\nnull\n'), 2],
      ['a missing line', edited('missing', full, /\n.*\n/, '\n'), 2],
      [
        'a cell too few at the end',
        edited('unfinished', full, '"unfinished":[]', '"unfinished":["x"]'),
        last,
      ],
      ['a red cell made green at the end', edited('counts', full, /"fail":\d+/, '"fail":0'), last],
    ] as const) {
      for (const command of ['report', 'compare']) {
        const { code, out, err } = bpfrig(command, saved);
        t.equal(code, 3, `${command}: ${name}`);
        t.match(err, new RegExp(`^bpfrig: ${saved}/events\\.jsonl:${line ?? '\\d+'}: .+\n$`), name);
        t.notMatch(out + err, /^ {4}at /m, name);
      }
    }
  },
);

const notRoot = process.getuid?.() !== 0 && 'only root can mount a small file system';

t.test(
  'report --out: a full disk is exit 3, and the report on standard output is whole',
  { skip: notRoot },
  async t => {
    const saved = save('fits', green());
    mkdirSync(join(dir, 'small'));
    for (const [sizeKiB, lost] of [
      [8, 'events\\.jsonl'],
      [32, 'run\\.json'],
    ] as const) {
      const script = `mount -t tmpfs -o size=${sizeKiB}k none small || exit 99
      "$0" "$@"; code=$?; cp small/whole/events.jsonl kept.jsonl; exit $code`;
      const args = [
        '-m',
        'sh',
        '-c',
        script,
        process.execPath,
        MAIN,
        'report',
        saved,
        '--out',
        'small/whole',
      ];
      const full = spawnSync('unshare', args, { encoding: 'utf8', cwd: dir });
      t.equal(full.status, 3, full.stderr);
      t.match(full.stderr, new RegExp(`^bpfrig: ${lost}: ENOSPC: no space left`, 'm'));
      t.match(full.stdout, /^10 pass · 2 cells needed a second try · 10 cells/m);
      const kept = readFileSync(join(dir, 'kept.jsonl'), 'utf8');
      t.ok(kept === '' || kept.endsWith('\n'), 'no half of a line is left');
    }
  },
);

t.test('report of two shards is one run, in a folder of its own', async t => {
  const [a, b] = [save('a', shard(1, '6.1')), save('b', shard(2, '6.12'))];
  const both = bpfrig('report', b, a, '--out', 'whole', '--keep-durations');
  t.equal(both.code, 0, both.out + both.err);
  for (const file of [
    'report.html',
    'junit.xml',
    'run.json',
    'run.tap',
    'events.jsonl',
    'cells/a/console.log',
    'cells/b/console.log',
  ])
    t.ok(existsSync(join(dir, 'whole', file)), file);
  t.equal(bpfrig('report', 'whole').code, 0, 'what was merged can be reported again');
  t.match(readFileSync(join(dir, 'cache/bpfrig/durations.json'), 'utf8'), '@6.12"');
  const again = bpfrig('report', a, b, '--out', 'whole');
  t.equal(again.code, 2);
  t.match(again.err, /^bpfrig: whole holds a run already; name another folder with --out\n$/);
  const half = bpfrig('report', a);
  t.equal(half.code, 1);
  t.match(half.out, /shard 2\/2 is missing: 5 of 10 cells/);
  t.match(half.out, /unfinished  6\.12  cpumap\/redirect\/one-cpu/);
});

t.test('compare: two runs, one run, JSON', async t => {
  const [old, now] = [save('old', green()), save('now', goldenEvents('full'))];
  const worse = bpfrig('compare', old, now);
  t.equal(worse.code, 1);
  t.match(worse.out, /newly red: \d/);
  t.equal(bpfrig('compare', now, old).code, 0);
  const kernels = bpfrig('compare', now, '--json');
  t.equal(kernels.code, 0);
  t.match(JSON.parse(kernels.out), { clusters: [['6.1'], ['6.12']] });
  t.equal(bpfrig('compare', 'nowhere').code, 2);
});

t.test('run --git-bisect: what says nothing of the kernel is 125', async t => {
  const scenario = join(PACKAGE_ROOT, 'scenarios/cpumap/create/errors.yaml');
  t.equal(bpfrig('run', scenario, '--kernel', 'path:./no-such-kernel', '--git-bisect').code, 125);
  t.equal(bpfrig('run', 'no-such-scenario.yaml', '--git-bisect').code, 125);
  t.equal(bpfrig('run', scenario, '--grep', 'no such cell', '--git-bisect').code, 125, 'nothing ran');
});

t.test('bisect and shard: what is asked wrong', async t => {
  const scenario = join(PACKAGE_ROOT, 'scenarios/cpumap/create/errors.yaml');
  for (const [args, says] of [
    [['bisect', scenario], /needs --good and --bad/],
    [['bisect', scenario, '--good', '6.1', '--bad', '6.12-rt'], /one flavour/],
    [['bisect', scenario, '--good', '6.1', '--bad', '6.1'], /only 6\.1/],
    [['bisect', scenario, '--good', '6.1', '--bad', '7.3', '--expr', 'sent =='], /--expr sent ==/],
    [['run', '--shard', '4/3'], /must be a part of a whole/],
  ] as const) {
    const { code, err } = bpfrig(...args);
    t.equal(code, 2, args.join(' '));
    t.match(err, says);
  }
});
