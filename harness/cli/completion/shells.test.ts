import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { PACKAGE_ROOT } from '../../util/paths.ts';
import { SCRIPTS } from './scripts.ts';

// zsh and fish are installed by `./bpfrig selftest --setup`. Without them this test fails, because nothing else runs the scripts.
const MAIN = join(PACKAGE_ROOT, 'dist', 'cli', 'main.js');
const dir = mkdtempSync(join(tmpdir(), 'bpfrig-shells-'));
for (const folder of ['results', 'suite']) mkdirSync(join(dir, folder));
for (const file of ['suite/one.yaml', 'vmlinux', 'sp ace.yaml', 'other.txt'])
  writeFileSync(join(dir, file), '');
// Each key for completion starts Node.js, which takes its time on a busy host.
t.setTimeout(400_000);
t.teardown(() => rmSync(dir, { recursive: true }));

for (const shell of Object.keys(SCRIPTS)) {
  const { stdout } = spawnSync(process.execPath, [MAIN, 'completion', shell], { encoding: 'utf8' });
  writeFileSync(join(dir, `c.${shell}`), stdout);
}

/** What is typed, with a tab where the key is pressed, and the words that bpfrig then gets. */
const TYPED: readonly (readonly [string, readonly string[]])[] = [
  ['rep\t--hist\tresul\t', ['report', '--history', 'results/']],
  ['run --kernel path:vml\t', ['run', '--kernel', 'path:vmlinux']],
  ['run --accel=k\t', ['run', '--accel=kvm']],
  ['run --reporter kci\tsuite/\t', ['run', '--reporter', 'kcidb', 'suite/one.yaml']],
  ['run --reporter html:oth\t', ['run', '--reporter', 'html:other.txt']],
  ['explain live-fr\t', ['explain', 'live-frames']],
  ['run sp\t', ['run', 'sp ace.yaml']],
];

/** Types into an interactive shell at a terminal, and returns the words that each command got. `bpfrig` is a function that prints them. */
function typed(start: string, setup: string): string[][] {
  const show = `bpfrig() { printf '\\nGOT'; printf '<%s>' "$@"; printf '\\n'; }`;
  const keys = [...setup.split('\n'), show, ...TYPED.map(([text]) => `bpfrig ${text}`), 'exit'].join('\r');
  const { stdout } = spawnSync('script', ['-qec', start, '/dev/null'], {
    cwd: dir,
    input: `${keys}\r`,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: dir, TERM: 'xterm', LC_ALL: 'C.UTF-8' },
    timeout: 120_000,
  });
  return [...stdout.matchAll(/^GOT<(.*)>\r?$/gm)].map(([, words = '']) => words.split('><'));
}

const EXPECTED = TYPED.map(([, words]) => words);

t.test('bash, at a terminal', async t => {
  t.same(typed('bash --norc --noprofile -i', 'source ./c.bash'), EXPECTED);
});

t.test('zsh, at a terminal', async t => {
  t.same(typed('zsh -f -i', 'autoload -Uz compinit; compinit -u -D\nsource ./c.zsh'), EXPECTED);
});

t.test('fish, asked what it would offer', async t => {
  const asked = ['report --hist', 'run --kernel path:vml', 'run --accel=k', 'run --reporter kci', 'run sp'];
  const script = ['source ./c.fish', ...asked.map(words => `complete -C 'bpfrig ${words}'; echo END`)].join(
    '\n',
  );
  const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', script], {
    cwd: dir,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: dir, TERM: 'xterm', LC_ALL: 'C.UTF-8' },
  });
  t.equal(stderr, '');
  const offered = stdout.split('END\n').map(text => text.trim().split('\t')[0] ?? '');
  t.match(offered, ['--history', 'path:vmlinux', '--accel=kvm', 'kcidb', /^sp\\? ace\.yaml$/]);
});
