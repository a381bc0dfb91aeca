import t from 'tap';
import { costOf } from './cost.ts';

t.test('what guests of a debug kernel need', async t => {
  t.equal(costOf(''), null);
  t.equal(costOf('# CONFIG_KASAN is not set\nCONFIG_KASAN_STACK=y\n'), null);
  t.strictSame(costOf('CONFIG_PROVE_LOCKING=y\n'), { time: 2, memory: 1 });
  t.strictSame(costOf('CONFIG_KASAN=y\nCONFIG_PROVE_LOCKING=y\n'), { time: 6, memory: 2 });
});
