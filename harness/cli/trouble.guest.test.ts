import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { RunEvent } from '../model/events.ts';
import { argumentsOf, qemusOf, startRun, TESTDATA } from './bpfrig.fixture.ts';

// What must never be green: each of these runs the real program on a real guest.

// Guests have time limits of their own.
t.setTimeout(0);

const NEWEST = ['--kernel', '7.3', '--jobs', '1'];
const OLDEST = ['--kernel', '5.10', '--jobs', '1'];

t.test('a wrong expectation is exit 1, with the values of both sides', async t => {
  const run = await startRun([join(TESTDATA, 'wrong-number.yaml'), ...NEWEST], join(t.testdir(), 'run')).done;
  t.equal(run.exitCode, 1);
  t.equal(run.results[0]?.verdict, 'fail');
  t.match(run.stdout, 'kthread.processed == 999   (1000 == 999)');
});

t.test('a program that loses one packet in a hundred is caught by the ledger, with the stage', async t => {
  for (const kernel of [OLDEST, NEWEST]) {
    const run = await startRun([join(TESTDATA, 'lossy.yaml'), ...kernel], join(t.testdir(), 'run')).done;
    t.equal(run.exitCode, 1);
    const [result] = run.results;
    t.match(result, { verdict: 'fail', reason: /stage xdp lost 20 of 2000 packets \(xdp\.drop\)/ });
    t.ok(
      result?.expectations.every(({ ok }) => ok),
      'no expectation saw it',
    );
  }
});

t.test('a panic is a panic, with its text, soon; the run goes on', async t => {
  let begun = 0;
  let ended = 0;
  const onEvent = (event: RunEvent): void => {
    if (event.type === 'cell-start' && event.cell.includes('panic')) begun = Date.now();
    if (event.type === 'cell-end' && event.result.cell.id.includes('panic')) ended = Date.now();
  };
  const paths = [join(TESTDATA, 'panic.yaml'), join(TESTDATA, 'wrong-number.yaml')];
  const run = await startRun([...paths, ...OLDEST], join(t.testdir(), 'run'), onEvent).done;
  t.equal(run.exitCode, 1);
  const panic = run.results.find(({ cell }) => cell.id.includes('panic'));
  t.match(panic, { verdict: 'panic', reason: /^the kernel panicked: kernel BUG at net\/core\/skbuff\.c/ });
  t.match(panic?.consoleTail.join('\n'), /kernel BUG at net\/core\/skbuff\.c/);
  t.ok(ended - begun < 15_000, `${ended - begun} ms from the cell's start`);
  t.equal(run.results.length, 2, 'the other cell ran');
});

t.test('a guest that hangs reports where its CPUs stand', async t => {
  const run = await startRun([join(TESTDATA, 'frozen-agent.yaml'), ...OLDEST], join(t.testdir(), 'run')).done;
  t.equal(run.exitCode, 1);
  const [result] = run.results;
  t.match(result, { verdict: 'hang', detail: /^CPU 0: RIP \w+ RFLAGS \w+[^]*\nCPU 3: / });
  t.match(result?.consoleTail.join('\n'), /Call Trace:[^]*do_idle/);
  t.ok((result?.durationMs ?? 0) < 30_000);
});

t.test('an agent that somebody killed is an error, tried once', async t => {
  const run = await startRun([join(TESTDATA, 'dead-agent.yaml'), ...NEWEST], join(t.testdir(), 'run')).done;
  t.equal(run.exitCode, 3);
  t.match(run.results, [
    { verdict: 'error', reason: /agent.* ended by itself \(signal 9\)/, earlierTries: [] },
  ]);
});

/** Runs a slow scenario and does something to each of its QEMUs a moment after it is there, or to those of some argument. */
async function disturb(
  dir: string,
  signal: NodeJS.Signals,
  { scenario = 'slow.yaml', argument = '', afterMs = 1_500 } = {},
): Promise<ReturnType<typeof startRun>['done']> {
  const hit = new Set<number>();
  let timer: NodeJS.Timeout | undefined;
  const onEvent = (event: RunEvent, pid: number): void => {
    if (event.type !== 'cell-start') return;
    timer = setInterval(() => {
      for (const qemu of qemusOf(pid).filter(found => !hit.has(found))) {
        hit.add(qemu);
        if (argumentsOf(qemu).includes(argument)) setTimeout(() => process.kill(qemu, signal), afterMs);
      }
    }, 100);
  };
  const run = await startRun([join(TESTDATA, scenario), ...NEWEST], join(dir, 'run'), onEvent).done;
  clearInterval(timer);
  return run;
}

t.test('a killed QEMU is infra, both tries reported', async t => {
  const run = await disturb(t.testdir(), 'SIGKILL');
  t.equal(run.exitCode, 3);
  t.match(run.results, [{ verdict: 'infra', reason: /SIGKILL/, earlierTries: [{ reason: /SIGKILL/ }] }]);
  t.ok((run.results[0]?.durationMs ?? 0) < 30_000);
});

t.test('of two guests, the report says which one was lost', async t => {
  const run = await disturb(t.testdir(), 'SIGKILL', {
    scenario: 'slow-link.yaml',
    argument: 'server=off',
    afterMs: 3_000,
  });
  t.equal(run.exitCode, 3);
  t.match(run.results, [{ verdict: 'infra', reason: /^the generator: QEMU ended .*SIGKILL/ }]);
});

t.test('a stopped QEMU is infra', async t => {
  const run = await disturb(t.testdir(), 'SIGSTOP');
  t.equal(run.exitCode, 3);
  t.match(run.results, [
    { verdict: 'infra', reason: /QEMU is stopped/, earlierTries: [{ verdict: 'infra' }] },
  ]);
  t.ok((run.results[0]?.durationMs ?? 0) < 90_000);
});

t.test('Ctrl-C: exit 130, cells in flight not finished, no QEMU and no folder left', async t => {
  const dir = t.testdir();
  let started = 0;
  const run = startRun([join(TESTDATA, 'slow.yaml'), ...NEWEST], join(dir, 'run'), (event, pid) => {
    if (event.type !== 'cell-start') return;
    started = pid;
    setTimeout(() => process.kill(pid, 'SIGINT'), 1_500);
  });
  const finished = await run.done;
  t.equal(finished.exitCode, 130);
  t.match(finished.events.at(-1), {
    type: 'run-end',
    interrupted: true,
    unfinished: [/slow/],
    exitCode: 130,
  });
  t.same(qemusOf(started), []);
  t.match(readFileSync(join(dir, 'run', 'run.tap'), 'utf8'), /^not ok 1 - .*slow/m);
});
