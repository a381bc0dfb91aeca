import t from 'tap';
import { testFrame } from './frame.ts';

t.test('a frame has as many bytes as asked for, also where its headers do not fit', async t => {
  const whole = testFrame(42, 0);
  for (const size of [14, 41, 42, 50, 58, 64, 1500]) t.equal(testFrame(size, 0).length, size);
  t.same(testFrame(14, 0), whole.subarray(0, 14));
  t.same(testFrame(41, 0), whole.subarray(0, 41));
});
