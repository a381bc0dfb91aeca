import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Watchdog } from './watchdog.ts';

t.test('work that ends in time has its own result, or its own error', async t => {
  t.equal(
    await new Watchdog(60_000).watch(
      async () => 'done',
      () => 'late',
    ),
    'done',
  );
  const failing = new Watchdog(60_000).watch(
    async () => {
      throw new Error('broken');
    },
    () => 'late',
  );
  await t.rejects(failing, { message: 'broken' });
});

t.test('work that is aborted in time ends with the verdict of the limit', async t => {
  const dog = new Watchdog(50);
  const work = async (): Promise<string> => {
    await sleep(600_000, undefined, { signal: dog.signal });
    return 'done';
  };
  const late: number[] = [];
  const began = performance.now();
  t.equal(await dog.watch(work, ms => (late.push(ms), 'late')), 'late');
  t.ok(performance.now() - began < 5_000, 'it is not left alone while it ends');
  t.ok((late[0] ?? 0) >= 50 && late.length === 1);
});

t.test('work that does not end at all is left alone', async t => {
  const dog = new Watchdog(50);
  t.equal(
    await dog.watch(
      () => new Promise<string>(() => undefined),
      () => 'late',
    ),
    'late',
  );
});

t.test('held time does not count, and the limit is there afterwards', async t => {
  const dog = new Watchdog(300);
  const work = async (): Promise<string> => {
    await dog.hold(() => sleep(1_500));
    return 'done';
  };
  t.equal(await dog.watch(work, () => 'late'), 'done');
  const other = new Watchdog(100);
  const hanging = async (): Promise<string> => {
    await other.hold(() => sleep(10));
    await sleep(600_000, undefined, { signal: other.signal });
    return 'done';
  };
  t.equal(await other.watch(hanging, () => 'late'), 'late');
});
