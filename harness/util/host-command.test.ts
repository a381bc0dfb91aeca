import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { commandFailure, hostCommand, hostCommandBytes, HostCommandError } from './host-command.ts';

const TIME = { timeoutMs: 30_000 };

t.test('output, exit code and signal are returned; a failure is not thrown', async t => {
  t.match(await hostCommand('sh', ['-c', 'echo out; echo err >&2'], TIME), {
    ok: true,
    exitCode: 0,
    signal: null,
    stdout: 'out',
    stderr: 'err',
  });
  t.match(await hostCommand('sh', ['-c', 'exit 3'], TIME), { ok: false, exitCode: 3, signal: null });
  t.match(await hostCommand('sh', ['-c', 'kill -TERM $$'], TIME), {
    ok: false,
    exitCode: null,
    signal: 'SIGTERM',
  });
  const { stdout } = await hostCommandBytes('cat', [], { ...TIME, input: Buffer.from([0xff, 0, 10]) });
  t.same(stdout, Buffer.from([0xff, 0, 10]));
  t.match(await hostCommand('cat', [], TIME), { ok: true, stdout: '' }, 'standard input is empty');
});

t.test('a program that is not there, or no program', async t => {
  await t.rejects(hostCommand('bpfrig-no-such-program', [], TIME), { code: 'infra', trouble: 'missing' });
  await t.rejects(hostCommand('/etc/passwd', [], TIME), {
    code: 'infra',
    trouble: 'start',
    message: /EACCES/,
  });
  await t.rejects(hostCommand('true', [], { ...TIME, cwd: '/no/such/folder' }), { code: 'infra' });
});

t.test(
  'a program that hangs is killed in time, with what it started and what holds its output open',
  async t => {
    const file = join(t.testdir(), 'pid');
    const script = `sleep 600 & echo $! > ${file}; sleep 600`;
    const began = performance.now();
    const error: unknown = await hostCommand('sh', ['-c', script], { timeoutMs: 300 }).catch(
      (reason: unknown) => reason,
    );
    t.ok(error instanceof HostCommandError);
    t.match(error, { code: 'infra', trouble: 'timeout', message: /^`sh -c .*` did not end within / });
    t.ok(performance.now() - began < 10_000);
    await sleep(100);
    t.notOk(isAlive(Number(readFileSync(file, 'utf8'))), 'the child of the child is gone');
  },
);

t.test('a program that gets on may take its time; one that does not is killed', async t => {
  const file = join(t.testdir({ file: '' }), 'file');
  const of = (): string => String(statSync(file).size);
  const busy = `for i in 1 2 3 4 5 6; do sleep 0.5; echo $i >> ${file}; done`;
  t.match(await hostCommand('sh', ['-c', busy], { ...TIME, progress: { of, withinMs: 1_500 } }), {
    ok: true,
  });
  const idle = hostCommand('sleep', ['600'], { timeoutMs: 600_000, progress: { of, withinMs: 200 } });
  await t.rejects(idle, {
    code: 'infra',
    trouble: 'stalled',
    message: /^`sleep 600` did not get on for 0\.2 s$/,
  });
});

t.test('an abort ends it, also one that was before', async t => {
  const controller = new AbortController();
  const running = hostCommand('sleep', ['600'], { timeoutMs: 600_000, signal: controller.signal });
  setTimeout(() => controller.abort(new Error('the user')), 50);
  await t.rejects(running, { message: 'the user' });
  await t.rejects(hostCommand('true', [], { ...TIME, signal: controller.signal }), { message: 'the user' });
});

t.test('output without end is an error', async t => {
  const endless = hostCommand('yes', [], { ...TIME, maxOutputBytes: 100_000 });
  await t.rejects(endless, { code: 'infra', trouble: 'output' });
});

t.test('the message of a failure has the first line that the program wrote', async t => {
  const failed = await hostCommand('sh', ['-c', 'echo; echo E: no space >&2; exit 1'], TIME);
  t.match(commandFailure('could not unpack x', failed), {
    code: 'infra',
    message: 'could not unpack x (exit code 1): E: no space',
  });
});

function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return false;
  return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}
