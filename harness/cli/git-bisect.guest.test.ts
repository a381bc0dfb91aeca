import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { TESTDATA } from './bpfrig.fixture.ts';

t.setTimeout(300_000);

// What changes from commit to commit is the scenario, not the kernel: to git and to the exit codes that is the same.
t.test(
  'git bisect run finds the commit that turned it red, and skips the one that cannot be judged',
  async t => {
    const repo = mkdtempSync(join(tmpdir(), 'bpfrig-git-'));
    const git = (...args: string[]) => {
      const done = spawnSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
        cwd: repo,
        encoding: 'utf8',
        env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', BPFRIG_RESULTS: join(repo, 'results') },
      });
      if (done.error !== undefined) throw done.error;
      return done;
    };
    const wrong = readFileSync(join(TESTDATA, 'wrong-number.yaml'), 'utf8');
    const right = readFileSync(join(PACKAGE_ROOT, 'scenarios/cpumap/create/errors.yaml'), 'utf8');
    const commits: [string, string][] = [
      ['good', right],
      ['still good', `${right}# again\n`],
      ['cannot be judged', 'title: [\n'],
      ['the culprit', wrong],
      ['still bad', `${wrong}# again\n`],
    ];
    git('init', '-q', '-b', 'main');
    for (const [subject, scenario] of commits) {
      writeFileSync(join(repo, 'x.yaml'), scenario);
      git('add', 'x.yaml');
      t.equal(git('commit', '-q', '-m', subject).status, 0, subject);
    }
    git('bisect', 'start', 'main', 'main~4');
    const main = join(PACKAGE_ROOT, 'dist', 'cli', 'main.js');
    const step = `rm -rf out && ${process.execPath} ${main} run x.yaml --kernel 6.12 --jobs 1 --git-bisect --out out`;
    const { stdout, stderr } = git('bisect', 'run', 'sh', '-c', step);
    // Git cannot distinguish the commit that was skipped from the one after it.
    t.match(stdout, /only 'skip'ped commits left|first bad commit/, stderr);
    const named = git('bisect', 'log').stdout;
    t.match(named, /# (possible )?first bad commit: \[[0-9a-f]+\] the culprit/);
    t.notMatch(named, /first bad commit: \[[0-9a-f]+\] still/);
    rmSync(repo, { recursive: true });
  },
);
