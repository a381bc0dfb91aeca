import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { foldRun } from '../report/fold.ts';
import { VERSION } from '../util/version.ts';
import { pack } from './rehearsal/pack.ts';
import { readSavedRun } from './saved-run.ts';

/** As somebody would call it who has only the package: no variable of this checkout's tests is set. */
async function call(cwd: string, file: string, ...args: string[]) {
  const env = { BPFRIG_RESULTS: undefined, NODE_OPTIONS: undefined };
  return await execa(file, args, { cwd, reject: false, all: true, stdin: 'ignore', env });
}

t.test(
  'the package that npm makes: installed in an empty folder, a project, a run, and the same cell again',
  async t => {
    const dir = mkdtempSync(join(tmpdir(), 'bpfrig-package-'));
    t.teardown(() => rmSync(dir, { recursive: true }));
    const { archive, files } = await pack(dir);
    t.notMatch(files.join('\n'), /\.test\.|\.fixture\.|testdata|node_modules/);
    t.ok(files.includes('dist/index.d.ts'));

    const installed = await call(dir, 'npm', 'install', '--ignore-scripts', archive);
    t.equal(installed.exitCode, 0, installed.all);
    t.equal((await call(dir, 'npx', 'bpfrig', '--version')).stdout, VERSION);
    const made = await call(dir, 'npx', 'bpfrig', 'init', 'mine');
    t.match(made.stdout, /^Next: cd mine && npx bpfrig run$/m);

    const mine = join(dir, 'mine');
    const one = ['--kernel', '7.3', '--variant', 'nic=veth'];
    const first = await call(mine, 'npx', 'bpfrig', 'run', ...one);
    t.equal(first.exitCode, 0, first.all);
    const latest = join(mine, 'results', 'latest');
    const before = foldRun(readSavedRun(latest));
    t.strictSame([...before.results.keys()].toSorted(), [
      'tests/firewall[nic=veth]@7.3',
      'tests/sizes[nic=veth]@7.3',
    ]);
    t.equal(readFileSync(join(mine, 'results', '.gitignore'), 'utf8'), '*\n');

    const run = join(
      mine,
      'results',
      readdirSync(join(mine, 'results')).find(name => /^\d/.test(name)) ?? '',
    );
    const cell = join(run, 'cells', 'tests_firewall[nic=veth]@7.3');
    t.ok(existsSync(join(cell, 'repeat.sh')));
    const repeated = await call('/', join(cell, 'repeat.sh'));
    t.equal(repeated.exitCode, 0, repeated.all);
    const { repeat } = JSON.parse(readFileSync(join(cell, 'result.json'), 'utf8')) as { repeat: string };
    t.match(
      repeat,
      /^npx bpfrig run tests\/firewall\.yaml --kernel 7\.3 --variant nic=veth(?: --accel \S+)?$/,
    );

    // From another folder of the project it is the same cell, with the same place for its results.
    const below = await call(join(mine, 'tests'), 'npx', 'bpfrig', 'run', 'firewall.yaml', ...one);
    t.equal(below.exitCode, 0, below.all);
    const same = await call(mine, 'npx', 'bpfrig', 'compare', run, 'results/latest', '--common-only');
    t.equal(same.exitCode, 0, same.all);
  },
);
