import { chmodSync, closeSync, cpSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadCatalogue } from '../kernel/catalogue.ts';
import { fetchKernel } from '../kernel/provider.ts';
import { parseKernelSpec } from '../kernel/spec.ts';
import type { RunEvent } from '../model/events.ts';
import { cacheRoot } from '../util/paths.ts';
import { qemusOf, startRun, TESTDATA, type FinishedRun } from './bpfrig.fixture.ts';

// Whose fault a lost guest is, on the oldest kernel, and what a second try is. The fault suite (`--faults`) does the same and much more on the
// newest.

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

t.test('a guest that ends itself is red at once and is not tried again', async t => {
  const { exitCode, results } = await run(t, 'ends-itself.yaml', OLDEST);
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

t.test("an agent that the OOM killer ends is the kernel's doing", async t => {
  const { exitCode, results } = await run(t, 'oom.yaml', OLDEST);
  t.equal(exitCode, 1);
  t.match(results, [
    { verdict: 'fail', reason: /OOM killer ended the agent: Out of memory/, earlierTries: [] },
  ]);
});

t.test('an agent that crashes by itself is an error of ours, and is not tried again', async t => {
  const { exitCode, results } = await run(t, 'crash.yaml', NEWEST);
  t.equal(exitCode, 3);
  t.match(results, [{ verdict: 'error', reason: /ended by itself \(signal 11\)/, earlierTries: [] }]);
});

/** Kills the first QEMU of a cell, a moment after it is there. What happens at other moments is the fault suite's. */
async function killFirst(t: Test, scenario: string, args: readonly string[] = []): Promise<FinishedRun> {
  let timer: NodeJS.Timeout | undefined;
  const onEvent = (event: RunEvent, pid: number): void => {
    if (event.type !== 'cell-start') return;
    timer ??= setInterval(() => {
      const [qemu] = qemusOf(pid);
      if (qemu === undefined) return;
      clearInterval(timer);
      setTimeout(() => process.kill(qemu, 'SIGKILL'), 300);
    }, 5);
  };
  const all = [join(TESTDATA, scenario), ...NEWEST, ...args];
  const finished = await startRun(all, join(t.testdir(), 'run'), onEvent).done;
  clearInterval(timer);
  return finished;
}

t.test('a second try that passes is shown and counted', async t => {
  const { exitCode, results, stdout } = await killFirst(t, 'lost/two-seconds.yaml');
  t.equal(exitCode, 0, stdout);
  t.match(results, [{ verdict: 'pass', earlierTries: [{ verdict: 'infra', reason: /SIGKILL/ }] }]);
  t.match(stdout, /^pass .* try 2, after infra: .*SIGKILL/m);
  t.match(stdout, / · 1 cell needed a second try · /);
});

t.test('--retries 0: the first try decides', async t => {
  const { exitCode, results } = await killFirst(t, 'slow.yaml', ['--retries', '0']);
  t.equal(exitCode, 3);
  t.match(results, [{ verdict: 'infra', reason: /SIGKILL/, earlierTries: [] }]);
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
  // Undefined instructions, before there is anything that could handle them: a triple fault. Silence would cost the time that a boot has.
  writeSync(file, Buffer.alloc(6 * 1024 * 1024, Buffer.from([0x0f, 0x0b])), 0, undefined, 2 * 1024 * 1024);
  closeSync(file);
  const args = [join(LOST, 'ends-itself.yaml'), '--kernel', `path:${dead}`, '--jobs', '1'];
  const { exitCode, results } = await startRun(args, join(dir, 'run')).done;
  t.equal(exitCode, 1);
  t.equal(results.length, 5);
  for (const result of results)
    t.match(result, {
      verdict: 'panic',
      reason: /^at boot: .*one boot decides/,
      earlierTries: [],
    });
});
