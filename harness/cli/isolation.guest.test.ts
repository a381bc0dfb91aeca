import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { CellResult } from '../model/cell.ts';
import { cacheRoot, PACKAGE_ROOT } from '../util/paths.ts';
import { isRunning, qemusOf, startRun, TESTDATA } from './bpfrig.fixture.ts';

// Guests have time limits of their own.
t.setTimeout(0);

const DIRTY = [join(TESTDATA, 'dirty.yaml'), '--kernel', '7.3'];

/**
 * What must be the same in every clone of a template, down to the ids that the kernel assigns to the first map and program.
 * Not the order of packets: QEMU's hub sends one ahead of those that wait for a full receiver.
 */
function fingerprint({ counters }: CellResult): string {
  const { sent, rx, tx, xdp, cpumap, kthread, entry, stack, created, program, links, backlog, files } =
    counters;
  const only = (value: unknown, ...names: string[]): unknown[] =>
    names.map(name => (value as Record<string, unknown>)[name]);
  return JSON.stringify([
    [sent, rx, tx, xdp, entry, created, program, links, backlog, files],
    only(cpumap, 'offered', 'accepted', 'ring_full'),
    only(kthread, 'processed', 'drops', 'xdp_pass', 'xdp_drop', 'xdp_redirect'),
    only(stack, 'delivered', 'bytes', 'cpu'),
  ]);
}

t.test('the same cell again, in any order and at any --jobs: identical counters', async t => {
  const prints: string[] = [];
  for (const jobs of ['1', '2', '4']) {
    const run = await startRun([...DIRTY, '--jobs', jobs], join(t.testdir(), 'run')).done;
    t.equal(run.exitCode, 0, `--jobs ${jobs}`);
    t.same(
      run.results.map(({ verdict }) => verdict),
      ['pass', 'pass', 'pass', 'pass'],
    );
    prints.push(...run.results.map(fingerprint));
  }
  t.equal(prints.length, 12);
  if (new Set(prints).size > 1) t.comment([...new Set(prints)].join('\n'));
  t.equal(new Set(prints).size, 1);
});

t.test('nothing moves in a clone that sends nothing', async t => {
  // QEMU announces a guest that was migrated, by RARPs from its NICs, unless an option turns that off.
  const run = await startRun([join(TESTDATA, 'silent.yaml'), '--kernel', '7.3'], join(t.testdir(), 'run'))
    .done;
  t.equal(run.exitCode, 0, run.results.map(({ reason }) => reason).join('; '));
  t.equal(run.results.length, 3);
});

/** A separate cache that has the kernels, libbpf and nothing else. */
function freshCache(t: Test): NodeJS.ProcessEnv {
  // Not called twice: `testdir()` empties the folder. What a test writes goes next to the cache, into `testdirName`.
  const home = t.testdir();
  mkdirSync(join(home, 'bpfrig'));
  for (const part of ['kernels', 'libbpf']) symlinkSync(join(cacheRoot(), part), join(home, 'bpfrig', part));
  return { XDG_CACHE_HOME: home };
}

function unfinishedIn(env: NodeJS.ProcessEnv): string[] {
  const templates = join(env['XDG_CACHE_HOME'] ?? '', 'bpfrig', 'templates');
  return existsSync(templates) ? readdirSync(templates).filter(name => name.endsWith('.tmp')) : [];
}

t.test('two runs at the same time with the same empty cache are both right', async t => {
  const env = freshCache(t);
  const out = t.testdirName;
  const runs = await Promise.all(
    ['a', 'b'].map(name => startRun([...DIRTY, '--jobs', '1'], join(out, name), undefined, env).done),
  );
  for (const run of runs) {
    t.equal(run.exitCode, 0, run.stdout);
    t.equal(run.results.length, 4);
  }
  const templates = readdirSync(join(env['XDG_CACHE_HOME'] ?? '', 'bpfrig', 'templates'));
  t.equal(templates.filter(name => !name.startsWith('.')).length, 1, 'one of them made the template');
});

t.test('where QEMU cannot clone, cells boot, those with two guests too, and the run says so', async t => {
  const env = { ...freshCache(t), BPFRIG_QEMU: join(TESTDATA, 'qemu-without-clones.sh') };
  const scenario = join(PACKAGE_ROOT, 'scenarios', 'cpumap', 'delivery', 'two-guests.yaml');
  const argv = [scenario, '--variant', 'mode=native', '--kernel', '7.3', '--jobs', '1'];
  const run = await startRun(argv, join(t.testdirName, 'run'), undefined, env).done;
  t.equal(run.exitCode, 0, run.stdout);
  t.match(run.results, [{ verdict: 'pass', earlierTries: [] }]);
  t.match(
    run.events.filter(({ type }) => type === 'note'),
    [{ text: /cannot clone guests.*this QEMU takes no saved guests/s }],
  );
});

t.test(
  'SIGKILL while a template is made: no QEMU is left, and the next run cleans up and is right',
  async t => {
    const env = freshCache(t);
    const out = t.testdirName;
    const run = startRun([...DIRTY, '--jobs', '1'], join(out, 'killed'), undefined, env);
    while (unfinishedIn(env).length === 0 || qemusOf(run.pid).length === 0) await sleep(50);
    const qemus = qemusOf(run.pid);
    process.kill(run.pid, 'SIGKILL');
    await run.done;
    await sleep(500);
    for (const pid of qemus) t.notOk(isRunning(pid), `QEMU ${pid} ended with its parent`);
    t.equal(unfinishedIn(env).length, 1, 'the half made template is there');

    const next = await startRun([...DIRTY, '--jobs', '1'], join(out, 'next'), undefined, env).done;
    t.equal(next.exitCode, 0, next.stdout);
    t.same(unfinishedIn(env), []);
    const left = readdirSync(tmpdir()).filter(name => name.startsWith(`bpfrig-${run.pid}-`));
    t.same(left, []);
  },
);
