import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { VERDICTS } from '../model/verdict.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { startRun } from './bpfrig.fixture.ts';

// Guests have time limits of their own.
t.setTimeout(0);

const run = promisify(execFile);
const KERNELS = ['6.12', '6.12/arm64'];

t.test('a matrix of amd64 and arm64: the same verdicts and the same counters', async t => {
  const out = join(t.testdir(), 'run');
  const scenarios = ['redirect/one-cpu', 'redirect/two-cpus-by-flow', 'program/context'];
  const paths = scenarios.map(name => `scenarios/cpumap/${name}.yaml`);
  // The order of packets between virtio NICs is QEMU's: a packet may overtake others that wait in its hub for buffers.
  const args = [...paths, '--variant', 'nic=veth', ...KERNELS.flatMap(kernel => ['--kernel', kernel])];
  const { exitCode, stderr, results } = await startRun(args, out).done;
  t.equal(exitCode, 0, stderr);
  const on = (kernel: string): string[] =>
    results
      .filter(({ cell }) => cell.kernel === kernel)
      .map(({ cell, verdict }) => `${cell.scenario} ${JSON.stringify(cell.variant)} ${verdict}`)
      .toSorted();
  t.ok(on('6.12').length >= 6);
  t.strictSame(on('6.12/arm64'), on('6.12'));
  t.ok(results.every(({ verdict }) => !VERDICTS[verdict].red));
  const main = join(PACKAGE_ROOT, 'dist', 'cli', 'main.js');
  const { stdout } = await run(process.execPath, [main, 'compare', out]);
  t.match(stdout, /kernels with the same counters:\n {2}6\.12 6\.12\/arm64\n/);
});

t.test(
  'an object is compiled for each architecture, and a command of the guest is one of its own',
  async t => {
    const main = join(PACKAGE_ROOT, 'dist', 'cli', 'main.js');
    const object = join(PACKAGE_ROOT, 'harness', 'cli', 'testdata', 'load', 'everywhere.bpf.c');
    const kernels = KERNELS.flatMap(kernel => ['--kernel', kernel]);
    const loaded = await run(process.execPath, [main, 'load', object, ...kernels]);
    t.match(loaded.stdout, /6\.12\/arm64/);
    const { stdout } = await run(process.execPath, [
      main,
      'exec',
      '--kernel',
      '6.12/arm64',
      '--',
      'uname',
      '-m',
    ]);
    t.equal(stdout.trim(), 'aarch64');
  },
);
