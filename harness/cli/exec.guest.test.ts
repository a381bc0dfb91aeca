import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { PACKAGE_ROOT } from '../util/paths.ts';

// Guests have time limits of their own.
t.setTimeout(0);

/** `bpfrig exec` with these arguments, in a folder of the test's own. */
async function exec(cwd: string, args: readonly string[], input?: string) {
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    [join(PACKAGE_ROOT, 'dist', 'cli', 'main.js'), 'exec', ...args],
    { cwd, reject: false, ...(input === undefined ? { stdin: 'ignore' } : { input }) },
  );
  return { exitCode, stdout, stderr };
}

t.test('on one kernel: its output as it is, and never its own number', async t => {
  const dir = t.testdir({ 'in.txt': 'a file\n' });
  const script = 'cat /data/x; cat > out; ip -br link show rx; echo trouble >&2; exit 3';
  const where = ['--kernel', '7.3', '--file', 'in.txt:/data/x', '--get', 'out', '--stdin'];
  const { exitCode, stdout, stderr } = await exec(dir, [...where, '--', 'sh', '-c', script], 'some input');
  t.equal(exitCode, 1);
  t.match(stdout, /^a file\nrx@tx +UP /, "the ip of a shell is iproute2's");
  t.match(stderr, /^trouble\n.*ended with status 3$/s);
  t.equal(readFileSync(join(dir, 'out'), 'utf8'), 'some input', 'a file comes back whatever the status');
});

t.test('on several: each line with its kernel', async t => {
  const both = ['--kernel', '5.10', '--kernel', '7.3'];
  const { exitCode, stdout } = await exec(t.testdir(), [...both, '--', 'uname', '-r']);
  t.equal(exitCode, 0);
  const lines = stdout.split('\n').toSorted();
  t.match(lines, [/^5\.10 {3}\| 5\.10\./, /^7\.3 {4}\| 7\.3\./]);
});

t.test('what is not there, what takes too long, and what the kernel does', async t => {
  const on = ['--kernel', '7.3', '--nic', 'none'];
  for (const [args, words] of [
    [['--', 'no-such-program'], /`no-such-program` is not in the guest .*--program/],
    [['--timeout', '300', '--', 'sleep', '60'], /`sleep 60` was killed after 0\.3 s; --timeout/],
    [['--', 'sh', '-c', 'kill -ABRT $$'], /was killed by SIGABRT/],
    [['--get', 'nothing', '--', 'true'], /the guest has no file \/root\/nothing/],
    [['--', 'sh', '-c', 'echo c > /proc/sysrq-trigger'], /the kernel panicked: .*sysrq triggered crash/],
  ] as const) {
    const { exitCode, stderr } = await exec(t.testdir(), [...on, ...args]);
    t.equal(exitCode, 1, args.join(' '));
    t.match(stderr, words);
  }
});
