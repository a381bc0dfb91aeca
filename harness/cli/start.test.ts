import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { PACKAGE_ROOT } from '../util/paths.ts';

const START = join(PACKAGE_ROOT, 'dist', 'cli', 'start.js');
const dir = mkdtempSync(join(tmpdir(), 'bpfrig-start-'));
t.setTimeout(120_000);
t.teardown(() => rmSync(dir, { recursive: true }));

/** Whether bpfrig asks for packages to be installed: the shell that would do it is another one, which leaves a file and fails. */
function installs(...args: readonly string[]): boolean {
  const asked = join(dir, 'asked');
  rmSync(asked, { force: true });
  writeFileSync(join(dir, 'sh'), `#!/bin/bash\ntouch '${asked}'\nexit 1\n`, { mode: 0o755 });
  const env = { ...process.env, PATH: `${dir}:${process.env['PATH']}` };
  spawnSync(process.execPath, [START, ...args], { cwd: dir, env, stdio: 'ignore' });
  return existsSync(asked);
}

t.test('--setup installs, and not where it is a word of the command of a guest', async t => {
  t.ok(installs('kernels', '--setup'));
  t.notOk(installs('exec', '--kernel', 'nonsense', '--', 'tool', '--setup'));
});
