import t from 'tap';
import { orDispose } from './dispose.ts';

t.test('what is held goes when the work fails, and stays when it does not', async t => {
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
