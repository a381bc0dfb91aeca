import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import t from 'tap';
import { NAMES } from '../oracle/subjects.ts';
import { loadScenarios } from '../scenario/load.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';

// The programs themselves are other people's: no test has them. This is what can be known without.

const EXAMPLES = join(PACKAGE_ROOT, 'examples');
const FOLDER = join(EXAMPLES, 'real-programs');
const SCENARIOS = readdirSync(FOLDER).filter(name => name.endsWith('.yaml'));

/** A copy of the folder in a project whose bpfrig writes down its arguments, and trees. */
function place(t: { teardown(clean: () => void): void }): string {
  const home = mkdtempSync(join(tmpdir(), 'bpfrig-real '));
  t.teardown(() => {
    rmSync(home, { recursive: true });
  });
  writeFileSync(
    join(home, 'bpfrig'),
    `#!/bin/sh\nprintf '%s\\0' "$@" >"$(dirname "$0")/args"\nexit "\${EXIT:-0}"\n`,
    { mode: 0o755 },
  );
  const copy = join(home, 'examples', 'real-programs');
  mkdirSync(copy, { recursive: true });
  for (const name of [...SCENARIOS, 'run.sh']) cpSync(join(FOLDER, name), join(copy, name));
  for (const [tree, name] of [
    ['tools', 'xdpfilt_alw_all.o'],
    ['lessons', 'xdp_prog_kern_03.o'],
    ['lessons', 'another.o'],
  ] as const) {
    mkdirSync(join(home, tree, 'deep er'), { recursive: true });
    writeFileSync(join(home, tree, 'deep er', name), name);
  }
  mkdirSync(join(home, 'nothing'));
  return home;
}

function run(home: string, argv: readonly string[], EXIT = '0') {
  const script = join(home, 'examples', 'real-programs', 'run.sh');
  return spawnSync(script, argv, { cwd: home, encoding: 'utf8', env: { ...process.env, EXIT } });
}

function argsOf(home: string): string[] {
  return readFileSync(join(home, 'args'), 'utf8').split('\0').slice(0, -1);
}

t.test('the scripts are what a linter accepts', async t => {
  const scripts = [join(EXAMPLES, 'real-programs.sh'), join(FOLDER, 'run.sh')];
  const done = spawnSync('shellcheck', scripts, { encoding: 'utf8' });
  t.equal(done.status, 0, done.stdout);
});

t.test('each scenario is valid, and names one object of its folder', async t => {
  const scenarios = await loadScenarios([FOLDER], { rootOf: () => PACKAGE_ROOT, ...NAMES });
  t.equal(scenarios.length, SCENARIOS.length);
  for (const name of SCENARIOS) {
    const objects = readFileSync(join(FOLDER, name), 'utf8').match(/\.\/objects\/[\w.-]+\.o\b/g);
    t.equal(objects?.length, 1, name);
  }
});

t.test(
  'run.sh: the scenarios whose objects are in the trees are run, with what follows the trees',
  async t => {
    const home = place(t);
    const done = run(home, ['tools', 'lessons', '--kernel', 'all', '--jobs', '2'], '3');
    t.equal(done.status, 3, done.stderr);
    const [command, ...args] = argsOf(home);
    t.equal(command, 'run');
    t.same(args.slice(-4), ['--kernel', 'all', '--jobs', '2']);
    t.same(
      args
        .slice(0, -4)
        .map(path => basename(path))
        .toSorted(),
      ['xdp-filter.yaml', 'xdp-tutorial-icmp-echo.yaml', 'xdp-tutorial-redirect.yaml'],
    );
    const objects = join(home, 'examples', 'real-programs', 'objects');
    t.same(readdirSync(objects).toSorted(), ['xdp_prog_kern_03.o', 'xdpfilt_alw_all.o']);
    t.equal(run(home, ['tools']).status, 0);
    t.same(
      argsOf(home).map(path => basename(path)),
      ['run', 'xdp-filter.yaml'],
      'without those of the trees before',
    );
  },
);

t.test('run.sh: without a tree, and with one that has none of the objects', async t => {
  const home = place(t);
  for (const [argv, message] of [
    [[], /^usage: /],
    [['--kernel', 'all'], /^usage: /],
    [['absent'], /^usage: /],
    [['nothing'], /no tree has an object of a scenario: .*balancer\.bpf\.o/],
  ] as const) {
    const done = run(home, argv);
    t.equal(done.status, 2);
    t.match(done.stderr, message);
  }
  t.notOk(existsSync(join(home, 'args')), 'nothing is run');
});
