import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { parse, parseAllDocuments } from 'yaml';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { VERSION } from '../util/version.ts';
import { fillIn, parseWorkflow } from './rehearsal/workflow.ts';

const EXAMPLES = join(PACKAGE_ROOT, 'examples');
const SCRIPTS = ['run.sh', 'merge.sh', 'cache-key.sh', 'open-kvm.sh'].map(name => join(EXAMPLES, 'ci', name));
const WORKFLOW = 'examples/project/.github/workflows/bpfrig.yml';
const ALL_SCRIPTS = readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.sh'))
  .map(name => join(EXAMPLES, name));
const YAMLS = [
  join(PACKAGE_ROOT, 'action.yml'),
  ...readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' })
    .filter(name => /\.ya?ml$/.test(name))
    .map(name => join(EXAMPLES, name)),
];

/** What a linter says; '' when it is content. A linter that is not there is an error, not a pass. */
function complaints(command: string, args: readonly string[]): string {
  const done = spawnSync(command, args, { encoding: 'utf8', cwd: PACKAGE_ROOT });
  if (done.error !== undefined) throw done.error;
  return done.status === 0 ? '' : `${command} ${done.status}: ${done.stdout}${done.stderr}`;
}

t.test('linters of each kind are content', async t => {
  t.equal(complaints('shellcheck', ALL_SCRIPTS), '');
  t.equal(complaints('yamllint', ['--strict', '-c', join(EXAMPLES, '.yamllint.yaml'), ...YAMLS]), '');
  const validator = join(PACKAGE_ROOT, 'node_modules/@action-validator/cli/cli.mjs');
  for (const file of ['action.yml', WORKFLOW])
    t.equal(complaints(process.execPath, [validator, file]), '', file);
});

t.test("an action's inputs never become shell", async t => {
  const action = parse(readFileSync(join(PACKAGE_ROOT, 'action.yml'), 'utf8')) as {
    inputs: Record<string, { default?: string }>;
    runs: { steps: { run?: string; shell?: string }[] };
  };
  const runs = action.runs.steps.flatMap(step => step.run ?? []);
  t.ok(runs.length > 0);
  for (const run of runs) t.notMatch(run, /\$\{\{/, run);
  for (const [name, input] of Object.entries(action.inputs))
    t.type(input.default, 'string', `${name} has a default`);
});

t.test('a pod runs the shard of its index, of as many as there are pods', async t => {
  const documents = parseAllDocuments(readFileSync(join(EXAMPLES, 'kubernetes/shards.yaml'), 'utf8'));
  const job = documents[0]?.toJS() as {
    spec: { completions: number; template: { spec: { containers: [Container] } } };
  };
  const [container] = job.spec.template.spec.containers;
  const shards = container.env.find(({ name }) => name === 'SHARDS')?.value;
  t.equal(shards, String(job.spec.completions));
  const home = fakeHome();
  const out = join(home, 'out');
  for (const index of ['0', '2']) {
    const done = spawnSync(container.command[0] ?? '', [...container.command.slice(1), ...container.args], {
      encoding: 'utf8',
      env: {
        ...process.env,
        SHARDS: shards,
        JOB_COMPLETION_INDEX: index,
        PATH: `${home}:${process.env['PATH'] ?? ''}`,
        BPFRIG_HOME: home,
        OUT: out,
      },
    });
    t.equal(done.status, 0, done.stderr);
    const shard = ['--shard', `${Number(index) + 1}/3`, '--verdict-later'];
    t.same(argsOf(home), ['run', ...shard, '--out', out]);
  }
  rmSync(home, { recursive: true });
});

interface Container {
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
}

/** A folder with a bpfrig that writes down its arguments, exits with $EXIT; and the scripts of the action. */
function fakeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'bpfrig-examples-'));
  const script = `#!/bin/sh
printf '%s\\0' "$@" >"$BPFRIG_HOME/args"
exit "\${EXIT:-0}"
`;
  writeFileSync(join(home, 'bpfrig'), script, { mode: 0o755 });
  mkdirSync(join(home, 'examples/ci'), { recursive: true });
  for (const file of SCRIPTS)
    writeFileSync(join(home, 'examples/ci', file.slice(file.lastIndexOf('/') + 1)), readFileSync(file), {
      mode: 0o755,
    });
  return home;
}

function argsOf(home: string): string[] {
  return readFileSync(join(home, 'args'), 'utf8').split('\0').slice(0, -1);
}

function script(name: string, home: string, env: NodeJS.ProcessEnv): number | null {
  return spawnSync(join(home, 'examples/ci', name), {
    env: { PATH: process.env['PATH'], BPFRIG_HOME: home, BPFRIG_OUT: join(home, 'out'), ...env },
  }).status;
}

t.test('run.sh: whatever is in the environment is arguments, and nothing else', async t => {
  const home = fakeHome();
  const nasty = `$(touch ${home}/pwned) \`id\` "; exit 0 #`;
  t.equal(
    script('run.sh', home, { BPFRIG_PATHS: `a b\n--jobs\n${nasty}`, BPFRIG_KERNELS: '6.1\n\npath:./k' }),
    0,
  );
  const before = ['run', '--setup', '--out', join(home, 'out'), '--kernel', '6.1', '--kernel', 'path:./k'];
  t.same(argsOf(home), [...before, '--', 'a b', '--jobs', nasty]);
  t.notOk(readdirSync(home).includes('pwned'));
  t.equal(script('run.sh', home, {}), 0);
  t.same(argsOf(home), ['run', '--setup', '--out', join(home, 'out'), '--']);
  rmSync(home, { recursive: true });
});

t.test('run.sh: a run ends as bpfrig does; the verdict about a shard is left to the merge', async t => {
  const home = fakeHome();
  for (const code of [0, 1, 2, 3, 4, 130]) t.equal(script('run.sh', home, { EXIT: String(code) }), code);
  t.equal(script('run.sh', home, { BPFRIG_SHARD: '1/2' }), 0);
  const before = ['run', '--setup', '--out', join(home, 'out')];
  t.same(argsOf(home), [...before, '--shard', '1/2', '--verdict-later', '--']);
  rmSync(home, { recursive: true });
});

t.test('cache-key.sh: the kernels of the run, one per line', async t => {
  const home = fakeHome();
  t.equal(script('cache-key.sh', home, { BPFRIG_KERNELS: '6.1\n\n$(id) x' }), 0);
  t.same(argsOf(home), ['kernels', 'key', '--', '6.1', '$(id) x']);
  t.equal(script('cache-key.sh', home, { EXIT: '3' }), 3);
  t.same(argsOf(home), ['kernels', 'key', '--']);
  rmSync(home, { recursive: true });
});

t.test('the package that the examples install is this version', async t => {
  const pins = YAMLS.concat(join(EXAMPLES, 'container/Containerfile')).flatMap(file =>
    [...readFileSync(file, 'utf8').matchAll(/\bbpfrig@(\S+)/g)].map(
      ([, version]) => [file, version] as const,
    ),
  );
  t.equal(pins.length, 3);
  for (const [file, version] of pins)
    t.equal(version, VERSION, `${file}; see docs/CONTRIBUTING.md, "Release"`);
});

t.test('every step of the workflow is shell that sh reads', async t => {
  const { jobs } = parseWorkflow(readFileSync(join(PACKAGE_ROOT, WORKFLOW), 'utf8'));
  t.same(
    jobs.map(({ name, inContainer }) => [name, inContainer]),
    [
      ['shard 1', true],
      ['shard 2', true],
      ['shard 3', true],
      ['verdict', false],
    ],
  );
  const known = { 'matrix.shard': '1', 'steps.kernels.outputs.key': 'key' };
  for (const { run } of jobs.flatMap(({ steps }) => steps)) {
    if (run === undefined) continue;
    const input = fillIn(run, known);
    t.equal(spawnSync('sh', ['-n'], { input }).status, 0, input);
  }
});

t.test('merge.sh: takes the shards that there are; none is not green', async t => {
  const home = fakeHome();
  const shards = join(home, 'shards');
  mkdirSync(join(shards, 'empty'), { recursive: true });
  t.equal(script('merge.sh', home, { BPFRIG_SHARDS: shards }), 3);
  for (const name of ['1', '2 x']) {
    mkdirSync(join(shards, name));
    writeFileSync(join(shards, name, 'events.jsonl'), '\n');
  }
  t.equal(script('merge.sh', home, { BPFRIG_SHARDS: shards, EXIT: '1' }), 1);
  t.same(argsOf(home), [
    'report',
    `${shards}/1/`,
    `${shards}/2 x/`,
    '--out',
    join(home, 'out'),
    '--keep-durations',
  ]);
  t.equal(script('merge.sh', home, { BPFRIG_SHARDS: shards, BPFRIG_BASELINE: '/base' }), 0);
  t.same(argsOf(home), ['compare', '/base', join(home, 'out')]);
  rmSync(home, { recursive: true });
});
