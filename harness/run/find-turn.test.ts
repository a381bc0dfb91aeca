import t from 'tap';
import { findTurn } from './find-turn.ts';
import { gitBisectCode } from './git-bisect.ts';

// Items 0..n-1 that answer true below `turn`; those of `silent` cannot be judged.
async function search(n: number, turn: number, silent: readonly number[] = []) {
  const asked: number[] = [];
  const found = await findTurn(
    Array.from({ length: n }, (_, i) => i),
    async item => {
      asked.push(item);
      return silent.includes(item) ? null : item < turn;
    },
  );
  return { found, asked };
}

t.test('every turn of every length is found, in as few probes as a binary search needs', async t => {
  for (let n = 2; n <= 33; n++) {
    for (let turn = 1; turn < n; turn++) {
      const { found, asked } = await search(n, turn);
      if ('reason' in found || found.first !== turn || found.before !== turn - 1 || found.between.length > 0)
        t.fail(`${n} items, turn at ${turn}: ${JSON.stringify(found)}`);
      const fewest = 2 + Math.ceil(Math.log2(n - 1));
      if (asked.length > fewest) t.fail(`${n} items, turn at ${turn}: asked ${asked.join(' ')}`);
      if (new Set(asked).size !== asked.length) t.fail('asked one twice');
    }
  }
  t.pass('all of them');
});

t.test('what cannot be judged is stepped over, and named where the turn may be in it', async t => {
  t.match((await search(9, 5, [4])).found, { before: 3, first: 5, between: [4] });
  t.match((await search(9, 7, [4])).found, { before: 6, first: 7, between: [] });
  t.match((await search(9, 5, [1, 2, 3, 4, 5, 6, 7])).found, {
    before: 0,
    first: 8,
    between: [1, 2, 3, 4, 5, 6, 7],
  });
});

t.test('two ends that do not differ, or say nothing', async t => {
  t.match((await search(5, 9)).found, { reason: 'same', answer: true });
  t.match((await search(5, 0)).found, { reason: 'same', answer: false });
  const { found, asked } = await search(5, 2, [0]);
  t.match(found, { reason: 'end-unjudged', at: 0 });
  t.equal(asked.length, 1, 'nothing more is booted for that');
});

t.test('exit codes for git bisect run', async t => {
  const rows: [number, number][] = [
    [0, 0],
    [1, 1],
    [2, 125],
    [3, 125],
    [4, 125],
    [130, 130],
    [143, 143],
  ];
  for (const [code, expected] of rows) t.equal(gitBisectCode(code), expected, `exit ${code}`);
});
