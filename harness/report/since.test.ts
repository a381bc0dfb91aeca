import t from 'tap';
import type { CellStatus } from './status.ts';
import { foldRun } from './fold.ts';
import { goldenEvents } from './golden.ts';
import type { ArchName } from '../model/kernel.ts';
import { rowWords, sinceByRow, sinceOf, sinceSentence, sinceText, type RowSince } from './since.ts';

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
  const rows = [...sinceByRow(foldRun(goldenEvents('full'))).values()].flat();
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

/** What an architecture says of a row: statuses of its kernels. */
function rowOf(arch: ArchName, statuses: Readonly<Record<string, CellStatus>>): RowSince {
  const list = Object.entries(statuses).map(([kernel, status]) => ({ kernel, status }));
  return { scenario: 's', variant: {}, arch, since: sinceOf(list) };
}

t.test(
  'kernels of several architectures are in no order: each has its own answer, and one text where they agree',
  async t => {
    const amd64 = rowOf('amd64', { '6.1': 'known', '6.12': 'pass', '7.3': 'pass' });
    const same = rowOf('arm64', { '6.1/arm64': 'known', '6.12/arm64': 'pass' });
    const other = rowOf('arm64', { '6.12/arm64': 'known', '7.3/arm64': 'pass' });
    const silent = rowOf('s390x', { '6.12/s390x': 'skip' });
    t.match(rowWords([amd64]), {
      text: 'since 6.12',
      kind: 'since',
      sentence: /^holds on 6\.12 and every later/,
    });
    t.match(rowWords([same]), { text: 'since 6.12/arm64' }, 'the name of a column');
    t.match(rowWords([amd64, same, silent]), {
      text: 'since 6.12',
      kind: 'since',
      sentence: /^amd64: holds on 6\.12 and .*\. arm64: holds on 6\.12\/arm64 and /,
    });
    t.match(rowWords([amd64, other]), { text: 'amd64 since 6.12; arm64 since 7.3', kind: 'mixed' });
    t.match(rowWords([rowOf('amd64', { '6.12': 'pass' }), rowOf('arm64', { '6.12/arm64': 'fail' })]), {
      text: 'amd64 all; arm64 none',
    });
    t.same(rowWords([silent]), { text: '', kind: 'unmeasured', sentence: 'no kernel has an answer' });
  },
);

t.test('a run has each row once for each of its architectures', async t => {
  const events = goldenEvents('full');
  const summary = foldRun(events);
  const [first] = summary.kernels;
  const both = { ...summary, kernels: [...summary.kernels, { ...first, id: '6.12/arm64', column: null }] };
  const [rows = []] = [...sinceByRow(both as typeof summary).values()];
  t.same(
    rows.map(({ arch, since }) => [arch, since.kind]),
    [
      ['amd64', 'all'],
      ['arm64', 'unmeasured'],
    ],
  );
});
