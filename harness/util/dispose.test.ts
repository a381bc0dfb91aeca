import t from 'tap';
import { orDispose } from './dispose.ts';

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
