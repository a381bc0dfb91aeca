import t from 'tap';
import type { CellStatus } from './status.ts';
import { foldRun } from './fold.ts';
import { goldenEvents } from './golden.ts';
import { sinceByRow, sinceOf, sinceSentence, sinceText } from './since.ts';

const KERNELS = ['5.10', '6.1', '6.12', '6.18', '7.3'];

/** A row from letters, one per kernel: pass, fail, known, skip, infra, `x` for fixed, `.` for no cell. */
function row(letters: string) {
  const words: Readonly<Record<string, CellStatus>> = {
    p: 'pass',
    f: 'fail',
    k: 'known',
    s: 'skip',
    i: 'infra',
    x: 'fixed',
    u: 'unfinished',
  };
  return sinceOf(
    letters.split('').map((letter, i) => ({ kernel: KERNELS[i] ?? '', status: words[letter] ?? null })),
  );
}

t.test('on which kernels a row holds', async t => {
  for (const [letters, text] of [
    ['ppppp', 'all'],
    ['fffff', 'none'],
    ['kkppp', 'since 6.12'],
    ['kfpxp', 'since 6.12'],
    ['ppkkf', 'until 6.1'],
    ['pfppp', 'mixed'],
    ['kpk..', 'mixed'],
    ['sippp', 'all'],
    ['ksppp', 'since 6.12'],
    ['kiuu.', 'none'],
    ['siu..', ''],
    ['', ''],
  ] as const)
    t.equal(sinceText(row(letters)), text, letters);
});

t.test('a kernel without an answer is never counted as one with an answer', async t => {
  const gap = row('ksupp');
  t.match(gap, { kind: 'since', kernel: '6.18', other: '5.10', between: ['6.1', '6.12'] });
  t.equal(
    sinceSentence(gap),
    'holds on 6.18 and every later kernel, and not on 5.10; between 5.10 and 6.18 it is not known: 6.1, 6.12',
  );
  const end = row('spppi');
  t.match(end, { kind: 'all', unmeasured: ['5.10', '7.3'], between: [] });
  t.equal(sinceSentence(end), 'holds on every kernel that has an answer; no answer on 5.10, 7.3');
  t.equal(
    sinceSentence(row('ppfis')),
    'holds on 6.1 and every earlier kernel, and not on 6.12; no answer on 6.18, 7.3',
  );
});

t.test('the rows of a run', async t => {
  const rows = [...sinceByRow(foldRun(goldenEvents('full'))).values()];
  t.equal(rows.length, 5);
  t.same(
    rows.map(({ scenario, variant, since }) => [
      scenario.slice(0, 14),
      Object.values(variant).join(),
      sinceText(since),
    ]),
    [
      ['cpumap/redirec', 'veth,native', 'all'],
      ['cpumap/redirec', 'veth,generic', 'none'],
      ['cpumap/kthread', 'virtio,native', 'until 6.1'],
      ['cpumap/kthread', 'virtio,generic', 'none'],
      ["cpumap/odd/it'", '', ''],
    ],
  );
});
