import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import { isRunning, qemusOf } from './bpfrig.fixture.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';

// Guests have time limits of their own.
t.setTimeout(0);

const EXAMPLES = join(PACKAGE_ROOT, 'examples', 'api');

/** The commands of docs/api.md. What each prints when all is well, and no more. */
const RUNNERS = {
  'node:test': { argv: ['node', '--import', 'jiti/register', '--test', 'node.test.ts'], says: /^# pass 1$/m },
  tap: {
    argv: ['node', '--import', 'jiti/register', 'tap.test.ts'],
    says: /^# \{ total: 1, pass: 1 \}$|^1\.\.1$/m,
  },
  vitest: { argv: ['npx', 'vitest', 'run', 'vitest.test.ts'], says: /Tests {2}1 passed \(1\)/ },
};

for (const [name, { argv, says }] of Object.entries(RUNNERS))
  t.test(`the example under ${name}`, async t => {
    const [program = '', ...args] = argv;
    // Set by the runner of this test, for tests that it starts itself.
    const env = { NODE_TEST_CONTEXT: undefined, TAP: undefined, TAP_CHILD_ID: undefined, NO_COLOR: '1' };
    const { exitCode, all } = await execa(program, args, { cwd: EXAMPLES, env, all: true, reject: false });
    t.equal(exitCode, 0, all);
    t.match(all, says);
  });

for (const name of ['more.ts', 'two-kernels.ts', 'run.ts'])
  t.test(`docs/api.md: ${name}`, async t => {
    const env = { BPFRIG_RESULTS: t.testdir() };
    const argv = ['--import', 'jiti/register', join(EXAMPLES, name)];
    const { exitCode, all } = await execa('node', argv, { cwd: PACKAGE_ROOT, env, all: true, reject: false });
    t.equal(exitCode, 0, all);
  });

t.test('a signal that ends the process of a test ends its guest', async t => {
  const child = fork(join(import.meta.dirname, '../../harness/api/testdata/hold-guest.mjs'), ['7.3'], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', chunk => (output += String(chunk)));
  await once(child, 'message');
  const qemus = qemusOf(child.pid ?? 0);
  t.equal(qemus.length, 1);
  child.kill('SIGINT');
  t.strictSame(await once(child, 'exit'), [null, 'SIGINT'], 'the API has left the signal to the process');
  for (let tries = 0; tries < 50 && qemus.some(isRunning); tries += 1) await sleep(100);
  t.notOk(qemus.some(isRunning));
  t.equal(output, '', 'nothing was written');
});
