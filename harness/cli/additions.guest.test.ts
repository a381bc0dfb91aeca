import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Verdict } from '../model/verdict.ts';
import { startRun } from './bpfrig.fixture.ts';

// Guests have time limits of their own.
t.setTimeout(0);

/** What a scenario says, and the verdict with its reason. */
const ROWS: Readonly<Record<string, readonly [string, Verdict, RegExp]>> = {
  module: [
    'guest: { modules: [bondign] }',
    'error',
    /has no module `bondign`, neither in its package nor built in, did you mean `bonding`\? Or state `kernels`/,
  ],
  program: [
    'guest: { programs: [xdp-bench-of-nobody] }',
    'error',
    /this host has no program `xdp-bench-of-nobody`/,
  ],
  file: ['guest: { files: [./nothing] }', 'error', /\.\/nothing: there is no such file or folder/],
  large: [
    'guest: { memory_mib: 128, files: [./large] }',
    'error',
    /count against its memory of 128 MiB: set `guest: \{ memory_mib: 384 \}`/,
  ],
  sysctl: ['guest: { cpus: 1, sysctls: { net.core.somaxcon: 5 } }', 'error', /has no `net\.core\.somaxcon`/],
  value: [
    'guest: { cpus: 1, sysctls: { net.core.somaxconn: many } }',
    'fail',
    /the kernel refused to write 'many' to \/proc\/sys\/net\/core\/somaxconn: EINVAL/,
  ],
  missing: [
    'setup: [{ exec: { argv: [no-such-tool] } }]',
    'fail',
    /line 3: exec: there is no `no-such-tool` in the guest .* `guest: \{ programs \}`/,
  ],
  late: [
    'setup: [{ exec: { argv: [sh, -c, "echo begun; sleep 20"], timeout: 1 s } }]',
    'error',
    /line 3: exec: .* did not end within 1000 ms and was killed; `timeout` of the step sets another limit/,
  ],
  signal: ['setup: [{ exec: { argv: [sh, -c, "kill -ABRT $$$$"] } }]', 'fail', /was killed by SIGABRT/],
  status: [
    'setup: [{ exec: { argv: [sh, -c, "echo why; exit 3"] } }]',
    'fail',
    /ended with status 3, not 0: why/,
  ],
  cwd: ['setup: [{ exec: { argv: [ls], cwd: /no } }]', 'fail', /the kernel refused chdir: ENOENT/],
};

t.test('what a guest cannot be or do is said, with a remedy', async t => {
  const dir = t.testdir({ large: Buffer.alloc(90 * 1024 * 1024).toString('latin1') });
  for (const [name, [lines]] of Object.entries(ROWS))
    writeFileSync(join(dir, `${name}.yaml`), `title: t\nsource: s\n${lines}\nexpect: [sent == 0]\n`);
  const out = join(dir, 'run');
  const { results } = await startRun([dir, '--kernel', '6.12', '--jobs', '1'], out).done;
  t.equal(results.length, Object.keys(ROWS).length);
  for (const { cell, verdict, reason, dir: folder } of results) {
    const name = /([a-z]+)@/.exec(cell.id)?.[1] ?? '';
    const [, wanted, text] = ROWS[name] ?? ['', 'pass', /./];
    t.equal(verdict, wanted, `${name}: ${reason}`);
    t.match(reason, text);
    // What was written before the end is kept.
    if (name === 'late' && verdict === wanted)
      t.match(readFileSync(join(out, folder, 'exec-3.log'), 'utf8'), /\nbegun\n.*killed/s);
  }
});
