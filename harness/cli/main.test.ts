import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { PROJECT_ROOT } from '../util/paths.ts';

const MAIN = join(PROJECT_ROOT, 'dist', 'cli', 'main.js');
t.setTimeout(300_000);

/** Runs the program with a fault that strikes once it prints something. */
function withFault(fault: string, args: readonly string[]) {
  const preload = `const log = console.log; console.log = text => { log(text); ${fault} };`;
  const argv = ['--import', `data:text/javascript,${encodeURIComponent(preload)}`, MAIN, ...args];
  return spawnSync(process.execPath, argv, { encoding: 'utf8', cwd: PROJECT_ROOT });
}

t.test('what nobody catches is exit 3 with its stack, never the 1 of a red cell', async t => {
  for (const [fault, how] of [
    ['process.nextTick(() => { throw new Error("stray") })', 'an exception'],
    ['void Promise.reject(new Error("stray"))', 'a rejection'],
    ['process.nextTick(() => { throw "stray" })', 'a value that is no error'],
  ] as const) {
    const { status, stderr } = withFault(fault, ['doctor']);
    t.equal(status, 3, how);
    t.match(stderr, /^bpfrig: stray$/m, how);
  }
  t.match(withFault('void Promise.reject(new Error("stray"))', ['doctor']).stderr, /^ {4}at /m);
});
