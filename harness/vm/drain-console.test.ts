import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ConsoleWatcher } from './console.ts';
import { drainConsole } from './drain-console.ts';
import type { VmEnd } from './vm-end.ts';

const EXITED: VmEnd = { shutdown: 'guest-reset', process: null };

function guest(t: Test, text: string, end: VmEnd | null = null) {
  const path = join(t.testdir({ log: text }), 'log');
  return { path, console: new ConsoleWatcher(path), end: () => end };
}

t.test('a line, a panic, the end of QEMU, and the time limit end the wait, in this order', async t => {
  t.match(await drainConsole(guest(t, 'a\nready\n', EXITED), 'ready', 60_000), { by: 'line' });
  t.match(await drainConsole(guest(t, 'Kernel panic - not syncing', EXITED), 'ready', 60_000), {
    by: 'panic',
  });
  t.same(await drainConsole(guest(t, 'a\n', EXITED), 'ready', 60_000), { by: 'end', end: EXITED });
  t.same(await drainConsole(guest(t, 'ready\n'), null, 0), { by: 'timeout', end: null });
});

t.test('what is looked for elsewhere ends the wait too, after what the console has', async t => {
  let looks = 0;
  const look = async (): Promise<boolean> => ++looks === 3;
  t.match(await drainConsole(guest(t, 'a\n'), 'ready', 60_000, look), { by: 'look' });
  t.equal(looks, 3);
});

t.test('a line that comes later is seen', async t => {
  const vm = guest(t, 'a\n');
  setTimeout(() => appendFileSync(vm.path, 'bpfrig: ready\n'), 50);
  t.match(await drainConsole(vm, 'bpfrig: ready', 60_000), { by: 'line' });
});
