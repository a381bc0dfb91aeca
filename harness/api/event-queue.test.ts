import t from 'tap';
import { EventQueue } from './event-queue.ts';

async function all<T>(queue: EventQueue<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const one of queue) seen.push(one);
  return seen;
}

t.test('events that came before are read, and those that come later are waited for', async t => {
  const queue = new EventQueue<number>(() => t.fail('nobody has left'));
  queue.push(1);
  queue.push(2);
  const reading = all(queue);
  setImmediate(() => {
    queue.push(3);
    queue.end();
  });
  t.strictSame(await reading, [1, 2, 3]);
});

t.test('an error comes after the last event, and a reader who leaves is noticed', async t => {
  let left = 0;
  const failing = new EventQueue<number>(() => (left += 1));
  failing.push(1);
  failing.fail(new Error('no more'));
  t.strictSame(await failing.next(), { done: false, value: 1 });
  await t.rejects(failing.next(), { message: 'no more' });
  const queue = new EventQueue<number>(() => (left += 1));
  queue.push(1);
  for await (const one of queue) if (one === 1) break;
  t.equal(left, 1);
});
