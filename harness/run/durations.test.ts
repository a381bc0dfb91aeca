import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Durations, longestFirst } from './durations.ts';

t.test('longest first, the unknown before all, ties in the order given', async t => {
  const ms = new Map([
    ['a', 10],
    ['b', 30],
    ['d', 10],
  ]);
  t.same(
    longestFirst(['a', 'b', 'c', 'd', 'e'], item => ms.get(item)),
    ['c', 'e', 'b', 'a', 'd'],
  );
});

t.test('what two runs learn is kept, and a damaged file is no durations', async t => {
  const dir = t.testdir();
  const cellEnd = (id: string, durationMs: number) =>
    ({ at: '', type: 'cell-end', result: { cell: { id }, durationMs } }) as unknown as Parameters<
      Durations['onEvent']
    >[0];
  const one = Durations.load(dir);
  const two = Durations.load(dir);
  one.onEvent(cellEnd('x@1', 5));
  two.onEvent(cellEnd('y@1', 7));
  one.save();
  two.save();
  t.equal(Durations.load(dir).get('x@1'), 5);
  t.equal(Durations.load(dir).get('y@1'), 7);
  writeFileSync(join(dir, 'durations.json'), '{"x@1":');
  t.equal(Durations.load(dir).get('x@1'), undefined);
});
