import { chmodSync, closeSync, cpSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadCatalogue } from '../kernel/catalogue.ts';
import { fetchKernel } from '../kernel/provider.ts';
import { parseKernelSpec } from '../kernel/spec.ts';
import type { RunEvent } from '../model/events.ts';
import { cacheRoot, PROJECT_ROOT } from '../util/paths.ts';
import { qemusOf, startRun, TESTDATA, type FinishedRun } from './bpfrig.fixture.ts';

// Whose fault a lost guest is, and that each loss ends in a verdict in time: the real program on real guests, or on a program in the
// place of QEMU.

// Guests have time limits of their own.
t.setTimeout(0);

const LOST = join(TESTDATA, 'lost');
const NEWEST = ['--kernel', '7.3', '--jobs', '1'];
const OLDEST = ['--kernel', '5.10', '--jobs', '1'];

async function run(t: Test, scenario: string, args: readonly string[], env = {}): Promise<FinishedRun> {
  return await startRun([join(LOST, scenario), ...args], join(t.testdir(), 'run'), undefined, env).done;
}

/** How a guest ends itself, and what the cell's reason then says. */
const ENDS: Readonly<Record<string, RegExp>> = {
  reboot: /^the guest reset itself without a panic/,
  reset: /^the guest reset itself without a panic/,
  poweroff: /^the guest powered itself off/,
  powerdown: /^the guest powered itself off/,
  'sysrq-panic': /^the kernel panicked/,
};

for (const kernel of [OLDEST, NEWEST]) {
  t.test(`${kernel[1]}: a guest that ends itself is red at once and is not tried again`, async t => {
    const { exitCode, results } = await run(t, 'ends-itself.yaml', kernel);
    t.equal(exitCode, 1);
    t.equal(results.length, Object.keys(ENDS).length);
    for (const { cell, verdict, reason, earlierTries, durationMs } of results) {
      const how = cell.variant['how'] ?? '';
      t.equal(verdict, 'panic', how);
      t.match(reason, ENDS[how], how);
      t.same(earlierTries, [], how);
      t.ok(durationMs < 15_000, `${how}: ${durationMs} ms`);
    }
  });

  t.test(`${kernel[1]}: an agent that the OOM killer ends is the kernel's doing`, async t => {
    const { exitCode, results } = await run(t, 'oom.yaml', kernel);
    t.equal(exitCode, 1);
    t.match(results, [
      { verdict: 'fail', reason: /OOM killer ended the agent: Out of memory/, earlierTries: [] },
    ]);
  });
}

t.test('an agent that crashes by itself is an error of ours, and is not tried again', async t => {
  const { exitCode, results } = await run(t, 'crash.yaml', NEWEST);
  t.equal(exitCode, 3);
  t.match(results, [{ verdict: 'error', reason: /ended by itself \(signal 11\)/, earlierTries: [] }]);
});

/** Sends a signal to each QEMU of a slow cell, or to the first `most` of them, a moment after it is there. */
async function disturb(
  t: Test,
  signal: NodeJS.Signals,
  afterMs: number,
  { most = 99, args = [] as string[], scenario = 'slow.yaml' } = {},
) {
  const hit = new Set<number>();
  let timer: NodeJS.Timeout | undefined;
  const onEvent = (event: RunEvent, pid: number): void => {
    if (event.type !== 'cell-start') return;
    timer = setInterval(() => {
      for (const qemu of qemusOf(pid).filter(found => !hit.has(found))) {
        if (hit.size === most) return;
        hit.add(qemu);
        setTimeout(() => kill(qemu, signal), afterMs);
      }
    }, 5);
  };
  const all = [join(TESTDATA, scenario), ...NEWEST, ...args];
  const finished = await startRun(all, join(t.testdir(), 'run'), onEvent).done;
  clearInterval(timer);
  return finished;
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended before.
  }
}

for (const afterMs of [0, 30, 60, 100, 150, 250, 400, 1_000]) {
  t.test(`a QEMU that is killed ${afterMs} ms after its start is infra, in both tries`, async t => {
    const { exitCode, results } = await disturb(t, 'SIGKILL', afterMs);
    t.equal(exitCode, 3);
    t.match(results, [{ verdict: 'infra', reason: /SIGKILL|QEMU/, earlierTries: [{ verdict: 'infra' }] }]);
    t.ok((results[0]?.durationMs ?? 0) < 30_000);
  });
}

for (const afterMs of [0, 60, 1_000]) {
  t.test(`a QEMU that is stopped ${afterMs} ms after its start is infra, in time`, async t => {
    const { exitCode, results } = await disturb(t, 'SIGSTOP', afterMs, { args: ['--retries', '0'] });
    t.equal(exitCode, 3);
    t.match(results, [{ verdict: 'infra', reason: /QEMU/, earlierTries: [] }]);
    t.ok((results[0]?.durationMs ?? 0) < 60_000, `${results[0]?.durationMs} ms`);
  });
}

t.test('a second try that passes is shown and counted', async t => {
  const { exitCode, results, stdout } = await disturb(t, 'SIGKILL', 300, {
    most: 1,
    scenario: 'lost/two-seconds.yaml',
  });
  t.equal(exitCode, 0, stdout);
  t.match(results, [{ verdict: 'pass', earlierTries: [{ verdict: 'infra', reason: /SIGKILL/ }] }]);
  t.match(stdout, /^pass .* try 2, after infra: .*SIGKILL/m);
  t.match(stdout, / · 1 cell needed a second try · /);
});

t.test('--retries 0: the first try decides', async t => {
  const { exitCode, results } = await disturb(t, 'SIGKILL', 300, { most: 1, args: ['--retries', '0'] });
  t.equal(exitCode, 3);
  t.match(results, [{ verdict: 'infra', reason: /SIGKILL/, earlierTries: [] }]);
});

const FAKE = join(PROJECT_ROOT, 'harness', 'vm', 'testdata', 'fake-qemu.mjs');

for (const [mode, reason] of [
  ['silent', /did not answer qmp_capabilities/],
  ['garbage', /does not speak QMP/],
  ['refuses', /exit code 1 .*invalid option/],
] as const) {
  t.test(`a QEMU in mode ${mode}: every cell has a verdict in time`, async t => {
    const home = t.testdir();
    cpSync(join(cacheRoot(), 'kernels'), join(home, 'bpfrig', 'kernels'), { recursive: true });
    const env = { XDG_CACHE_HOME: home, BPFRIG_QEMU: FAKE, FAKE_QEMU: mode };
    const began = performance.now();
    const { exitCode, results } = await startRun(
      [join(LOST, 'ends-itself.yaml'), ...NEWEST],
      join(home, 'run'),
      undefined,
      env,
    ).done;
    t.equal(exitCode, 3);
    t.equal(results.length, 5);
    for (const result of results) t.match(result, { verdict: 'infra', reason });
    t.ok(performance.now() - began < 90_000, 'two boots decide for all');
  });
}

t.test('a QEMU whose --version hangs', async t => {
  const out = join(t.testdir(), 'run');
  const began = performance.now();
  const started = startRun([join(TESTDATA, 'slow.yaml'), ...NEWEST], out, undefined, {
    BPFRIG_QEMU: FAKE,
    FAKE_QEMU: 'version-hangs',
  });
  const { exitCode, stderr } = await started.done;
  t.equal(exitCode, 3);
  t.match(stderr, /--version` did not end within/);
  t.ok(performance.now() - began < 60_000);
});

t.test('a dead kernel costs one boot, and every cell has its verdict', async t => {
  const dir = t.testdir();
  const catalogue = loadCatalogue();
  const { image } = await fetchKernel(parseKernelSpec('7.3', catalogue), {
    cacheDir: cacheRoot(),
    locked: false,
  });
  const dead = join(dir, 'vmlinux');
  cpSync(image, dead);
  // The cache closes its files to other users, and QEMU may run as one.
  chmodSync(dead, 0o644);
  const file = openSync(dead, 'r+');
  writeSync(file, Buffer.alloc(6 * 1024 * 1024), 0, undefined, 2 * 1024 * 1024);
  closeSync(file);
  const began = performance.now();
  const args = [join(LOST, 'ends-itself.yaml'), '--kernel', `path:${dead}`, '--jobs', '1'];
  const { exitCode, results } = await startRun(args, join(dir, 'run')).done;
  const tookMs = performance.now() - began;
  t.equal(exitCode, 1);
  t.equal(results.length, 5);
  for (const result of results)
    t.match(result, {
      verdict: /^(?:hang|panic)$/,
      reason: /^at boot: .*one boot decides/,
      earlierTries: [],
    });
  t.ok(tookMs < 200_000, `${Math.round(tookMs)} ms`);
});
