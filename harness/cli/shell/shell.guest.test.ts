import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { GdbRemote } from '../../vm/gdb-remote.ts';
import { PACKAGE_ROOT } from '../../util/paths.ts';

// Guests have time limits of their own.
t.setTimeout(0);

const MAIN = join(PACKAGE_ROOT, 'dist', 'cli', 'main.js');
const ONE_CPU = join(PACKAGE_ROOT, 'scenarios', 'cpumap', 'redirect', 'one-cpu.yaml');

/** `bpfrig shell` with these arguments and a script for its standard input. */
function shell(cwd: string, args: readonly string[], input: string) {
  return execa(process.execPath, [MAIN, 'shell', '--kernel', '7.3', ...args], { cwd, reject: false, input });
}

t.test('a script, files in and out, and the status', async t => {
  const dir = t.testdir({ 'in.txt': 'a file\n' });
  const script = 'cat in.txt; ip -br link show rx; echo trouble >&2; echo back > out; exit 3\n';
  const { exitCode, stdout, stderr } = await shell(dir, ['--file', 'in.txt', '--get', 'out'], script);
  t.equal(exitCode, 1, stderr);
  t.match(stdout, /^a file\nrx +UP /, "the guest's own ip, not busybox's");
  t.match(
    stderr,
    /7\.3 is up \(7\.3\..*another way in: ssh -t -p \d+ .*trouble\nbpfrig: the shell ended with status 3$/s,
  );
  t.equal(readFileSync(join(dir, 'out'), 'utf8'), 'back\n');
});

t.test("a scenario's set-up is done, in a guest as the scenario asks for", async t => {
  const args = [ONE_CPU, '--variant', 'nic=veth', '--variant', 'mode=generic', '--program', 'bpftool'];
  const { exitCode, stdout, stderr } = await shell(t.testdir(), args, 'bpftool net show; bpftool map show\n');
  t.equal(exitCode, 0, stderr);
  t.match(stderr, /one-cpu\[nic=veth,mode=generic\]@7\.3 \(veth, .*programs bpftool\), with its set-up done/);
  t.match(stdout, /rx\(\d+\) generic id \d+/);
  t.match(stdout, /: cpumap +name cpus/);
});

t.test("the scenario's traffic is sent when somebody asks for it, and judged", async t => {
  const firewall = join(PACKAGE_ROOT, 'examples', 'project', 'tests', 'firewall.yaml');
  const args = [firewall, '--variant', 'nic=veth'];
  const { exitCode, stdout, stderr } = await shell(t.testdir(), args, 'traffic; traffic\n');
  t.equal(exitCode, 0, stderr);
  t.match(stdout, /^pass\n {2}holds {2}sent == 1060/);
  t.match(stdout, /stack +\d+ → stack\.delivered/);
  t.match(stdout, /^fail\n {2}holds {2}sent == 1060/m, 'counters begin anew');
  t.match(stdout, /WRONG {2}maps\.firewall\.stats\[1\]\.sum\(\)\.packets == 20 +\(40 == 20\)/, 'maps do not');
});

t.test('a set-up that fails is reported, and leaves the shell', async t => {
  const dir = t.testdir({
    'large.yaml': `title: more than a queue may hold
source: kernel/bpf/cpumap.c, cpu_map_update_elem
topology: veth
setup:
  - cpumap: { name: cpus, entries: { 2: { qsize: 99999999 } } }
  - attach: { program: redirect_to_cpu, config: { cpu: 2 }, to: rx, mode: native }
traffic:
  - frames: { count: 1 }
expect:
  - sent == 1
`,
  });
  const { exitCode, stdout, stderr } = await shell(dir, ['large.yaml'], 'echo here\n');
  t.equal(exitCode, 0);
  t.equal(stdout, 'here');
  t.match(
    stderr,
    /the set-up ends here: line 5: cpumap: the kernel refused bpf\(BPF_MAP_UPDATE_ELEM\): EOVERFLOW/,
  );
  t.match(stderr, /large@7\.3 .*as its set-up left it/);
});

t.test('at a terminal: its size, also when that changes', async t => {
  const dir = t.testdir();
  const start = join(dir, 'start.sh');
  const later = '(sleep 8; stty rows 50 cols 120) < /dev/tty &';
  writeFileSync(start, `stty rows 41 cols 101\n${later}\nexec node ${MAIN} shell --kernel 7.3\n`);
  const keys = 'stty size; until [ "$(stty size)" = "50 120" ]; do sleep 1; done; echo resiz""ed; exit\r';
  const { stdout } = await execa('script', ['-qec', `sh ${start}`, '/dev/null'], {
    input: keys,
    env: { TERM: 'xterm' },
    reject: false,
    timeout: 120_000,
  });
  t.match(stdout, /^(?:41 101|50 120)\r?$/m);
  t.match(stdout, /^resized\r?$/m);
});

t.test('a guest that dies ends its shell, with what happened', async t => {
  const { exitCode, stderr } = await shell(t.testdir(), [], 'echo c > /proc/sysrq-trigger\nsleep 100\n');
  t.equal(exitCode, 1);
  t.match(stderr, /sysrq triggered crash/);
});

t.test('a debugger finds the guest, and the names of its functions', async t => {
  const child = execa(process.execPath, [MAIN, 'shell', '--kernel', '7.3', '--nic', 'none', '--gdb'], {
    cwd: t.testdir(),
    reject: false,
    stdin: 'pipe',
  });
  let text = '';
  const [, symbols = '', socket = ''] = await new Promise<readonly string[]>(resolve => {
    child.stderr.on('data', chunk => {
      text += String(chunk);
      // With the line behind it, which may come by itself.
      const found = /gdb -ex 'symbol-file (\S+)' -ex 'target remote (\S+)'.*\n.*\n/.exec(text);
      if (found !== null) resolve(found);
    });
    void child.then(() => resolve([]));
  });
  t.match(text, /linux-image-7\.3\.\S+-dbg/, 'what more it takes is said');
  const names = execFileSync('nm', [symbols], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  t.match(names, /^\w+ T __cpu_map_flush$/m, 'functions of the kernel');
  const banner = /^(\w+) \w linux_banner$/m.exec(names)?.[1] ?? '';
  const gdb = await GdbRemote.connect(socket);
  t.match(await gdb.ask('?'), /^T05/, 'the guest has stopped');
  const bytes = Buffer.from(await gdb.ask(`m${banner},d`), 'hex');
  t.equal(bytes.toString('latin1'), 'Linux version', 'and its memory is where the symbols say');
  await gdb.ask('D');
  gdb.close();
  child.stdin.end('echo it goes on\n');
  const { exitCode, stdout } = await child;
  t.equal(stdout, 'it goes on');
  t.equal(exitCode, 0);
});
