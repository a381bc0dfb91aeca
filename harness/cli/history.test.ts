import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { EventLines } from '../model/event-lines.ts';
import type { RunEvent } from '../model/events.ts';
import { FIVE_RUNS, REGRESSION, runOfHistory } from '../report/history/history.fixture.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';

const MAIN = join(PACKAGE_ROOT, 'dist', 'cli', 'main.js');
const dir = mkdtempSync(join(tmpdir(), 'bpfrig-history-'));
t.setTimeout(180_000);
t.teardown(() => rmSync(dir, { recursive: true }));

function bpfrig(...args: string[]) {
  const env = { ...process.env, BPFRIG_RESULTS: join(dir, 'results') };
  const done = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', cwd: dir, env });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

function save(name: string, events: readonly RunEvent[]): string {
  mkdirSync(join(dir, name), { recursive: true });
  const lines = new EventLines();
  writeFileSync(join(dir, name, 'events.jsonl'), events.map(event => lines.next(event)).join(''));
  return name;
}

t.before(() => {
  FIVE_RUNS.forEach((run, i) => save(`runs/${5 - i}`, runOfHistory(i + 1, run)));
  writeFileSync(join(dir, 'runs/1/report.html'), '');
  symlinkSync('1', join(dir, 'runs/latest'));
  mkdirSync(join(dir, 'runs/other'));
});

t.test('a folder of runs: each once, in order of time, exit 1 for a regression', async t => {
  const { code, out, err } = bpfrig('report', '--history', 'runs', 'runs/latest', 'runs/3');
  t.equal(code, 1, err);
  t.equal(out, readFileSync(join(PACKAGE_ROOT, 'harness/report/testdata/history.txt'), 'utf8'));
  t.equal(bpfrig('report', '--history', 'runs/5', 'runs/4', 'runs/3').code, 0, 'the first three alone');
});

t.test('a page and JSON: in files, and all in a folder', async t => {
  const both = bpfrig('report', '--history', 'runs', '--reporter', 'html:page.html', '--reporter', 'json');
  t.equal(both.code, 1, both.err);
  t.match(JSON.parse(both.out), { exitCode: 1, regressions: [{ id: REGRESSION }] });
  t.match(
    readFileSync(join(dir, 'page.html'), 'utf8'),
    'href="runs/1/report.html#cpumap/redirect/one-cpu/nic=veth,mode=native@6.12"',
    'a cell of a run with a page',
  );
  t.notMatch(readFileSync(join(dir, 'page.html'), 'utf8'), 'runs/2/report.html', 'a run without a page');
  t.equal(bpfrig('report', '--history', 'runs', '--out', 'out/history').code, 1);
  for (const file of ['history.txt', 'history.html', 'history.json'])
    t.ok(existsSync(join(dir, 'out/history', file)), file);
  t.match(
    readFileSync(join(dir, 'out/history/history.html'), 'utf8'),
    '../../runs/1/report.html',
    'links go from where the page is',
  );
  execFileSync('rm', ['-r', join(dir, 'out')]);
});

t.test('what has no history is a usage error that says why', async t => {
  const [start, ...rest] = runOfHistory(6, {});
  if (start?.type !== 'run-start') throw new Error('the golden run has changed');
  save('shards/1', [{ ...start, shard: { index: 1, count: 2, plan: start.cells } }, ...rest]);
  for (const [args, says] of [
    [['nowhere'], /^bpfrig: nowhere: neither a run nor a folder of runs/],
    [['runs/other'], /neither a run nor a folder of runs/],
    [['shards/1'], /shards\/1 is shard 1\/2; merge the shards first/],
    [['shards'], /left out: shards\/1 is shard 1\/2.*\n.*no whole run in shards/],
    [['runs', '--reporter', 'junit'], /the reporter must be one of terminal, html, json, not junit/],
    [['runs', '--reporter', 'html:no/where.html'], /no\/where\.html: cannot write there/],
  ] as const) {
    const { code, err } = bpfrig('report', '--history', ...args);
    t.equal(code, 2, args.join(' '));
    t.match(err, says);
  }
});
