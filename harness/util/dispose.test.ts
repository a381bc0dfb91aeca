import t from 'tap';
import { Held, orDispose } from './dispose.ts';

t.test('the resource is disposed of if the work fails, and kept if it succeeds', async t => {
  let disposed = 0;
  const held = { [Symbol.asyncDispose]: async () => void (disposed += 1) };
  t.equal(await orDispose(held, async () => 7), 7);
  t.equal(disposed, 0);
  await t.rejects(
    orDispose(held, async () => {
      throw new Error('no');
    }),
    /no/,
  );
  t.equal(disposed, 1);
});

t.test('what is held is disposed of in reverse, also what comes after a part that throws', async t => {
  const order: string[] = [];
  const part = (name: string, fails = false) => ({
    [Symbol.asyncDispose]: async () => {
      order.push(name);
      if (fails) throw new Error(name);
    },
  });
  const held = new Held();
  held.add(part('first'));
  held.add(part('second', true));
  held.add(part('third'));
  await t.rejects(held[Symbol.asyncDispose](), { message: 'second' });
  t.strictSame(order, ['third', 'second', 'first']);
  await held[Symbol.asyncDispose]();
  t.equal(order.length, 3, 'once');
});
