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

t.test('of two guests, the report says which one was lost', async t => {
  const hit = new Set<number>();
  let timer: NodeJS.Timeout | undefined;
  const onEvent = (event: RunEvent, pid: number): void => {
    if (event.type !== 'cell-start') return;
    timer ??= setInterval(() => {
      for (const qemu of qemusOf(pid).filter(found => !hit.has(found))) {
        hit.add(qemu);
        if (argumentsOf(qemu).includes('server=off')) setTimeout(() => process.kill(qemu, 'SIGKILL'), 3_000);
      }
    }, 100);
  };
  const args = [join(TESTDATA, 'slow-link.yaml'), ...NEWEST];
  const run = await startRun(args, join(t.testdir(), 'run'), onEvent).done;
  clearInterval(timer);
  t.equal(run.exitCode, 3);
  t.match(run.results, [{ verdict: 'infra', reason: /^the generator: QEMU ended .*SIGKILL/ }]);
});
