import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { EventLines } from '../model/event-lines.ts';
import { goldenEvents } from '../report/golden.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';

const MAIN = join(PACKAGE_ROOT, 'dist', 'cli', 'main.js');
const dir = mkdtempSync(join(tmpdir(), 'bpfrig-reporters-'));
t.setTimeout(180_000);
t.teardown(() => rmSync(dir, { recursive: true }));
const lines = new EventLines();
writeFileSync(
  join(dir, 'events.jsonl'),
  goldenEvents('one')
    .map(event => lines.next(event))
    .join(''),
);

function bpfrig(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const own = { ...process.env, BPFRIG_RESULTS: join(dir, 'results'), ...env };
  const done = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', cwd: dir, env: own });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

t.test('kcidb: the origin is an option or a variable, and begins every id', async t => {
  for (const [args, env] of [
    [['--kcidb-origin', 'my_lab', '--kcidb-files', 'https://ci.example.org/7/'], {}],
    [[], { BPFRIG_KCIDB_ORIGIN: 'my_lab', BPFRIG_KCIDB_FILES: 'https://ci.example.org/7' }],
  ] as const) {
    const { code, out, err } = bpfrig(['report', '.', '--reporter', 'kcidb', ...args], env);
    t.equal(code, 0, err);
    const { tests } = JSON.parse(out) as { tests: { id: string; log_url: string }[] };
    t.match(tests, [
      { id: /^my_lab:/, log_url: /^https:\/\/ci\.example\.org\/7\/cells\/[^/]+\/console\.log$/ },
    ]);
  }
  const both = bpfrig([
    'report',
    '.',
    '--reporter',
    'kcidb:k.json',
    '--kcidb-origin',
    'a',
    '--reporter',
    'tap',
  ]);
  t.equal(both.code, 0, both.err);
  t.match(both.out, /^TAP version 13/);
  t.match(JSON.parse(readFileSync(join(dir, 'k.json'), 'utf8')), { version: { major: 5, minor: 3 } });
});

t.test('kcidb: without an origin, or with a wrong one, nothing is written', async t => {
  for (const [args, env, says] of [
    [
      ['--reporter', 'kcidb:none.json'],
      {},
      /--reporter kcidb needs --kcidb-origin NAME, or BPFRIG_KCIDB_ORIGIN: /,
    ],
    [['--kcidb-origin', 'My-Lab'], {}, /'My-Lab' must be of small letters, digits and _/],
    [[], { BPFRIG_KCIDB_ORIGIN: 'a:b' }, /'a:b' must be of small letters/],
    [['--kcidb-files', 'runs/7'], {}, /'runs\/7' must be an address/],
  ] as const) {
    const { code, err } = bpfrig(['report', '.', ...args], env);
    t.equal(code, 2, err);
    t.match(err, says);
  }
  const scenario = join(PACKAGE_ROOT, 'scenarios/cpumap/create/errors.yaml');
  const run = bpfrig(['run', scenario, '--kernel', 'path:./none', '--reporter', 'kcidb:none.json']);
  t.equal(run.code, 2, 'before a run begins');
  t.match(run.err, 'needs --kcidb-origin');
  t.notOk(existsSync(join(dir, 'none.json')));
  t.notOk(existsSync(join(dir, 'results')));
});
