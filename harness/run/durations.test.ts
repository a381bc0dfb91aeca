import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { onHostNote } from '../util/host-notes.ts';
import { Durations, estimate, longestFirst } from './durations.ts';

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

t.test('what two runs learn is kept, and a damaged file counts as empty', async t => {
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
  const notes: string[] = [];
  using _ = onHostNote(note => notes.push(note));
  for (const damaged of ['{"x@1":', 'null', '[]', '{"crc":1,"value":{"x@1":"y"}}']) {
    writeFileSync(join(dir, 'durations.json'), damaged);
    t.equal(Durations.load(dir).get('x@1'), undefined);
  }
  t.match(notes, [/durations\.json in the cache is damaged/, /damaged/, /damaged/]);
  rmSync(join(dir, 'durations.json'));
  mkdirSync(join(dir, 'durations.json'));
  notes.splice(0);
  Durations.load(dir).save();
  t.match(notes, [/the durations of cells cannot be kept: EISDIR|ENOTEMPTY/]);
});

t.test('estimates', async t => {
  const rows: [(number | undefined)[], number, number | null, number][] = [
    [[1000, 3000], 1, 4000, 0],
    [[2000, 2000, 2000, 2000], 2, 4000, 0],
    [[1000, undefined, 1000], 1, 3000, 1],
    // The longest cell is a lower bound.
    [[500, 9000], 8, 9000, 0],
    [[undefined, undefined], 1, null, 2],
    [[], 1, null, 0],
  ];
  for (const [lastMs, jobs, ms, unknown] of rows) t.same(estimate(lastMs, jobs), { ms, unknown });
});
