import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readEvents } from '../report/jsonl.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';

const MAIN = join(PACKAGE_ROOT, 'dist', 'cli', 'main.js');
const SCENARIO = join(PACKAGE_ROOT, 'scenarios', 'cpumap', 'create', 'errors.yaml');
const dir = mkdtempSync(join(tmpdir(), 'bpfrig-main-'));
mkdirSync(join(dir, 'stuck'));
t.setTimeout(300_000);
t.teardown(() => rmSync(dir, { recursive: true }));

const ENV = { ...process.env, XDG_CACHE_HOME: join(dir, 'cache'), BPFRIG_RESULTS: join(dir, 'results') };

function withPreload(preload: string, args: readonly string[]): string[] {
  return ['--import', `data:text/javascript,${encodeURIComponent(preload)}`, MAIN, ...args];
}

/** Runs the program with code that runs before its own. */
function bpfrig(preload: string, ...args: string[]) {
  return spawnSync(process.execPath, withPreload(preload, args), { encoding: 'utf8', cwd: dir, env: ENV });
}

/** A fault that strikes once the program prints something. */
function onPrint(fault: string): string {
  return `const log = console.log; console.log = text => { log(text); ${fault} };`;
}

/** Code for what happens instead when the program looks for a kernel in folder `stuck`. */
function onStuck(instead: string): string {
  return `
    import promises from 'node:fs/promises';
    import { syncBuiltinESMExports } from 'node:module';
    const { readdir } = promises;
    promises.readdir = (path, ...more) => {
      if (!String(path).endsWith('/stuck')) return readdir(path, ...more);
      ${instead}
    };
    syncBuiltinESMExports();`;
}

/** A run of two kernels: one does not exist, which gives a verdict, and the other is in folder `stuck`. No guest is needed. */
function twoKernels(out: string, ...more: string[]): string[] {
  return ['run', SCENARIO, '--kernel', 'path:./none', '--kernel', 'path:./stuck', '--out', out, ...more];
}

t.test('what nobody catches is exit 3 with its stack, never the 1 of a red cell', async t => {
  for (const [fault, how] of [
    ['process.nextTick(() => { throw new Error("stray") })', 'an exception'],
    ['void Promise.reject(new Error("stray"))', 'a rejection'],
    ['process.nextTick(() => { throw "stray" })', 'a value that is no error'],
  ] as const) {
    const { status, stderr } = bpfrig(onPrint(fault), 'doctor');
    t.equal(status, 3, how);
    t.match(stderr, /^bpfrig: stray$/m, how);
  }
  const rejected = bpfrig(onPrint('void Promise.reject(new Error("stray"))'), 'doctor');
  t.match(rejected.stderr, /^ {4}at /m);
});

/** What every folder of a run that ended early must say. */
function checkUnfinished(t: Test, out: string): void {
  const path = join(dir, out, 'events.jsonl');
  const { events, tornLine } = readEvents(readFileSync(path, 'utf8'), path);
  t.equal(tornLine, null);
  t.notOk(
    events.some(event => event.type === 'run-end'),
    'the run has no end',
  );
  t.match(
    events.filter(event => event.type === 'cell-end'),
    [{ result: { verdict: 'infra', cell: { kernel: 'path:none' } } }],
    'what was known is kept',
  );
  const junit = readFileSync(join(dir, out, 'junit.xml'), 'utf8');
  t.match(junit, /<error type="infra"/);
  t.match(junit, /<error type="unfinished"/);
  t.match(readFileSync(join(dir, out, 'run.tap'), 'utf8'), /^not ok 2 - .*path:stuck$/m);
  t.ok(existsSync(join(dir, out, 'report.html')));
  const report = bpfrig('', 'report', out);
  t.equal(report.status, 3);
  t.match(report.stdout, /1 infra, 1 unfinished .*cut off.* exit 3/);
}

t.test('a lost promise ends the run with exit 3, and a report of what was finished', async t => {
  const { status, stdout, stderr } = bpfrig(
    onStuck('return new Promise(() => {});'),
    ...twoKernels('lost', '--reporter', 'terminal', '--reporter', 'tap:lost.tap'),
  );
  t.equal(status, 3, stderr);
  t.match(stderr, /^bpfrig: the run ended without a verdict for 1 cell: .* cannot happen any more$/m);
  t.match(stderr, /^bpfrig: results in .*lost$/m);
  t.match(stdout, /unfinished +path:stuck/);
  t.match(readFileSync(join(dir, 'lost.tap'), 'utf8'), /^not ok 2 /m);
  checkUnfinished(t, 'lost');
});

t.test('a lost promise of a command without a run is exit 3 too', async t => {
  const lost = `import { EventEmitter } from 'node:events'; process.argv.splice(2, 9, 'init', 'new');
    import promises from 'node:fs/promises'; import { syncBuiltinESMExports } from 'node:module';
    promises.readdir = () => new Promise(() => {}); syncBuiltinESMExports();`;
  const { status, stderr } = bpfrig(lost, 'init', 'new');
  t.equal(status, 3);
  t.match(stderr, /^bpfrig: the command did not come to its end/m);
});

t.test('an exception that nobody catches in a run is exit 3, with the same report', async t => {
  const fault = 'setTimeout(() => { throw new Error("stray"); }, 500); return new Promise(() => {});';
  const { status, stderr } = bpfrig(onStuck(fault), ...twoKernels('uncaught'));
  t.equal(status, 3, stderr);
  t.match(stderr, /^bpfrig: stray$/m);
  t.match(stderr, /without a verdict for 1 cell: bpfrig itself failed: stray$/m);
  checkUnfinished(t, 'uncaught');
});

t.test('process.exit(0) in a run is no success', async t => {
  const fault = 'setTimeout(() => process.exit(0), 500); return new Promise(() => {});';
  const { status } = bpfrig(onStuck(fault), ...twoKernels('exit'));
  t.equal(status, 3);
  checkUnfinished(t, 'exit');
});

t.test('with --git-bisect an early end says nothing about the kernel', async t => {
  const { status } = bpfrig(
    onStuck('return new Promise(() => {});'),
    ...twoKernels('bisect', '--git-bisect'),
  );
  t.equal(status, 125);
});

/** Runs the program by a shell, with what the shell does to it. */
function shell(script: string) {
  const env = { ...ENV, NODE: process.execPath, MAIN, SCENARIO };
  return spawnSync('bash', ['-c', script], { encoding: 'utf8', cwd: dir, env });
}

t.test('output that cannot be written is exit 3', async t => {
  const list = '"$NODE" "$MAIN" run "$SCENARIO" --list';
  t.equal(shell(list).status, 0);
  const full = shell(`${list} >/dev/full`);
  t.equal(full.status, 3);
  t.match(full.stderr, /^bpfrig: standard output cannot be written: .*ENOSPC.*\n$/);
  const closed = shell(`sleep 2 | { ${list} --kernel all; echo $? >&2; } | true`);
  t.match(closed.stderr, /standard output cannot be written: .*EPIPE/);
  t.match(closed.stderr, /^3$/m);
  t.equal(shell(`${list} 2>/dev/full`).status, 0, 'nothing was written there');
  t.equal(shell('"$NODE" "$MAIN" run "$SCENARIO" --grep nothing 2>/dev/full').status, 3);
});

t.test('a run whose output nobody reads still comes to its end', async t => {
  const run = '"$NODE" "$MAIN" run "$SCENARIO" --kernel path:./none';
  t.equal(shell(`${run} --out full >/dev/full 2>/dev/full`).status, 3);
  t.equal(shell(`{ ${run} --out pipe 2>&1; } | true; exit \${PIPESTATUS[0]}`).status, 3);
  for (const out of ['full', 'pipe']) {
    const { events } = readEvents(readFileSync(join(dir, out, 'events.jsonl'), 'utf8'), out);
    t.match(events.at(-1), { type: 'run-end', exitCode: 3 }, out);
    t.ok(existsSync(join(dir, out, 'junit.xml')), out);
  }
});

t.test(
  'a results folder that cannot be made is the host’s fault; one that is taken is wrong usage',
  async t => {
    writeFileSync(join(dir, 'a-file'), '');
    const run = ['run', SCENARIO, '--kernel', 'path:./none', '--out'];
    const file = bpfrig('', ...run, 'a-file');
    t.equal(file.status, 2);
    t.match(file.stderr, /^bpfrig: cannot make the run's folder .*a-file: /);
    const readOnly = bpfrig('', ...run, '/proc/run');
    t.equal(readOnly.status, 3);
    t.match(readOnly.stderr, /^bpfrig: cannot make the run's folder \/proc\/run: .*\n$/, 'no stack');
  },
);

/** Starts a run that waits, and sends signals once it does. Returns its exit code and stderr. */
async function interrupted(out: string, signals: readonly NodeJS.Signals[], waits: string) {
  const argv = withPreload(onStuck(`console.error('stuck'); ${waits}`), twoKernels(out));
  const child = spawn(process.execPath, argv, { cwd: dir, env: ENV, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  let sent = 0;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    const due = stderr.includes('once more') ? 2 : stderr.includes('stuck') ? 1 : 0;
    for (; sent < due && sent < signals.length; sent += 1) child.kill(signals[sent]);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr };
}

const FOREVER = 'setInterval(() => {}, 1000); return new Promise(() => {});';

t.test('the verdict about a shard can be left to the merge: it ends with 0 if it has results', async t => {
  const run = ['run', SCENARIO, '--kernel', 'path:./none', '--shard', '1/1'];
  t.equal(bpfrig('', ...run, '--out', 'now').status, 3);
  t.equal(bpfrig('', ...run, '--verdict-later', '--out', 'later').status, 0);
  t.equal(bpfrig('', 'report', 'later').status, 3);
  t.equal(bpfrig('', ...run, '--verdict-later', '--out', 'later').status, 2, 'no results, no 0');
});

t.test('a signal ends a run in order, whatever it waits for', async t => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const { code, stderr } = await interrupted(signal, [signal], FOREVER);
    t.equal(code, 128 + constants.signals[signal], stderr);
    const { events } = readEvents(readFileSync(join(dir, signal, 'events.jsonl'), 'utf8'), signal);
    t.match(events.at(-1), { type: 'run-end', interrupted: true, unfinished: [/stuck/], exitCode: code });
    const report = bpfrig('', 'report', signal);
    t.equal(report.status, code);
    t.match(report.stdout, /interrupted/);
  }
});

t.test('a second signal ends it at once, with a report of what was finished', async t => {
  const started = Date.now();
  const { code, stderr } = await interrupted('twice', ['SIGINT', 'SIGINT'], FOREVER);
  t.equal(code, 130, stderr);
  t.ok(Date.now() - started < 9_000, 'without waiting');
  checkUnfinished(t, 'twice');
});

t.test('a closed pipe signals nothing', async t => {
  const { code } = await interrupted('pipe-signal', ['SIGPIPE'], 'return readdir(path, ...more);');
  t.equal(code, 3);
});

t.test('two runs into one folder: the second is refused, with the process of the first', async t => {
  const waits = 'await new Promise(resolve => setTimeout(resolve, 4000)); return readdir(path, ...more);';
  const argv = withPreload(
    onStuck(`console.error('stuck'); return (async () => { ${waits} })();`),
    twoKernels('one'),
  );
  const child = spawn(process.execPath, argv, { cwd: dir, env: ENV, stdio: ['ignore', 'ignore', 'pipe'] });
  await once(child.stderr, 'data');
  const second = bpfrig('', 'run', SCENARIO, '--kernel', 'path:./none', '--out', 'one');
  t.equal(second.status, 2);
  t.match(
    second.stderr,
    new RegExp(`one is the folder of a run that goes on \\(process ${child.pid}\\); name another`),
  );
  const [code] = (await once(child, 'close')) as [number | null];
  t.equal(code, 3);
  const third = bpfrig('', 'run', SCENARIO, '--kernel', 'path:./none', '--out', 'one');
  t.match(third.stderr, /one holds a run already; name another folder with --out/);
});
