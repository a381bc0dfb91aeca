import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ConsoleWatcher } from './console.ts';

t.test('lines come once, whole, and without the serial port’s carriage returns', async t => {
  const path = join(t.testdir(), 'console.log');
  const watcher = new ConsoleWatcher(path);
  t.same(await watcher.poll(), [], 'no file yet');
  appendFileSync(path, 'one\r\ntw');
  t.same(await watcher.poll(), ['one']);
  t.same(await watcher.poll(), []);
  appendFileSync(path, 'o\r\n');
  t.same(await watcher.poll(), ['two']);
  t.same(watcher.tail, ['one', 'two']);
});

t.test('polls at the same time take turns: each line comes once, and none is left out', async t => {
  const path = join(t.testdir(), 'console.log');
  const watcher = new ConsoleWatcher(path);
  for (let round = 0; round < 20; round += 1) {
    appendFileSync(path, `line ${round}\r\nhalf`);
    const polls = Array.from({ length: 3 }, () => watcher.poll());
    appendFileSync(path, ` a line ${round}\r\n`);
    const lines = (await Promise.all([...polls, watcher.poll()])).flat();
    t.same(lines, [`line ${round}`, `half a line ${round}`]);
  }
});

t.test('a panic counts before its line is whole', async t => {
  const path = join(t.testdir({ log: 'x\n[ 1.0] Kernel panic - not syncing: Fatal' }), 'log');
  const watcher = new ConsoleWatcher(path);
  await watcher.poll();
  t.equal(watcher.panicked, true);
});

t.test('the first complaint says what a panic was of', async t => {
  const path = join(t.testdir({ log: '[    8.1] BUG: x\n[    8.2] Kernel panic - not syncing: y\n' }), 'log');
  const watcher = new ConsoleWatcher(path);
  await watcher.poll();
  t.same(watcher.trouble, { panicked: true, complaint: 'BUG: x' });
});

t.test('splats are kept in order, and the tail is bounded', async t => {
  const noise = Array.from({ length: 500 }, (_, index) => `line ${index}`).join('\n');
  const path = join(t.testdir({ log: `WARNING: CPU: 0\n${noise}\nBUG: x\n` }), 'log');
  const watcher = new ConsoleWatcher(path);
  await watcher.poll();
  t.same(
    watcher.splats.map(({ line }) => line),
    ['WARNING: CPU: 0', 'BUG: x'],
  );
  t.equal(watcher.tail.length, 161);
  t.same(watcher.tail.slice(0, 2), ['WARNING: CPU: 0', 'line 0']);
  t.same(watcher.tail.slice(79, 82), ['line 78', '… 342 lines …', 'line 421']);
  t.equal(watcher.tail.at(-1), 'BUG: x');
});

t.test('what a kernel died of is kept however long it goes on, and every line once', async t => {
  for (const more of [0, 50, 100]) {
    const after = Array.from({ length: more }, (_, index) => `[ 9.${index}] more`);
    const lines = ['boot', '[ 8.1] BUG: NULL', '[ 8.2]  cpu_map_kthread_run+0x1', ...after];
    const path = join(t.testdir({ log: `${lines.join('\n')}\n` }), 'log');
    const watcher = new ConsoleWatcher(path);
    await watcher.poll();
    t.same(watcher.tail, more === 100 ? lines.slice(1) : lines, `${more} lines`);
  }
});

t.test('how the agent ended is known from the kernel and from init', async t => {
  const path = join(t.testdir(), 'console.log');
  const watcher = new ConsoleWatcher(path);
  t.same(watcher.agent, { oomKill: null, status: null });
  appendFileSync(path, '[   12.345678] Out of memory: Killed process 61 (bpfrig-agent) total-vm:9876kB\n');
  appendFileSync(path, 'bpfrig: the agent ended (status 137)\r\n');
  await watcher.poll();
  t.match(watcher.agent, { oomKill: /^Out of memory: Killed process 61/, status: 137 });
  appendFileSync(path, '[   13.000000] Out of memory: Killed process 99 (stress)\n');
  await watcher.poll();
  t.match(watcher.agent, { oomKill: /process 61/ }, 'others do not count');
});

t.test('a flooded console is read to its end, in bounded memory', async t => {
  const path = join(t.testdir(), 'console.log');
  const watcher = new ConsoleWatcher(path);
  appendFileSync(path, `${'WARNING: x\n'.repeat(300_000)}${'y'.repeat(3_000_000)}`);
  t.equal((await watcher.poll()).length, 300_000);
  t.ok(watcher.splats.length <= 1_000);
  t.ok((watcher.tail.at(-1)?.length ?? 0) <= 64 * 1024);
  appendFileSync(path, '\nKernel panic - not syncing: x\n');
  await watcher.poll();
  t.ok(watcher.panicked, 'a panic is seen after any number of splats');
});

t.test('a full console is a complaint, once, since what came after it is lost', async t => {
  const path = join(t.testdir({ console: 'x'.repeat(99) }), 'console');
  const watcher = new ConsoleWatcher(path, 100);
  await watcher.poll();
  t.same(watcher.splats, []);
  appendFileSync(path, 'y');
  await watcher.poll();
  await watcher.poll();
  t.match(watcher.splats, [{ kind: 'splat', line: /flooded its console: 100 bytes/ }]);
});
