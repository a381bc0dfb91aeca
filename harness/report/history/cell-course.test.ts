import t from 'tap';
import type { CellStatus } from '../status.ts';
import { answerOf, courseOf } from './cell-course.ts';

const WORDS: Readonly<Record<string, CellStatus>> = {
  p: 'pass',
  k: 'known',
  f: 'fail',
  x: 'fixed',
  s: 'skip',
  i: 'infra',
  e: 'error',
  u: 'unfinished',
};

/** A cell from letters, one per run, all on the builds that are named; `.` for a run that did not plan it. */
function course(letters: string, builds: readonly string[] = []) {
  return courseOf(
    letters
      .split('')
      .map((letter, i) => ({ status: WORDS[letter] ?? null, build: builds[i] ?? '6.12.1 (1)' })),
  );
}

t.test('what each status says', async t => {
  t.same(
    'pkfxsieu.'.split('').map(letter => answerOf(WORDS[letter] ?? null)),
    ['good', 'good', 'bad', 'bad', null, null, null, null, null],
  );
  t.same([answerOf('panic'), answerOf('hang')], ['bad', 'bad']);
});

t.test('flips, flakes, and the last answer', async t => {
  for (const [letters, flips, last, isFlake] of [
    ['ppppp', '', 'good', false],
    ['pkpkp', '', 'good', false],
    ['fffff', '', 'bad', false],
    ['ppfff', '1>2 bad', 'bad', false],
    ['ffppp', '1>2 good', 'good', false],
    ['pfpfp', '0>1 bad, 1>2 good, 2>3 bad, 3>4 good', 'good', true],
    ['ppfpp', '1>2 bad, 2>3 good', 'good', true],
    ['pisuf', '0>4 bad', 'bad', false],
    ['pfi..', '0>1 bad', 'bad', false],
    ['sffff', '', 'bad', false],
    ['fsss.', '', 'bad', false],
    ['siu..', '', null, false],
  ] as const) {
    const seen = course(letters);
    t.equal(seen.flips.map(f => `${f.from}>${f.to} ${f.answer}`).join(', '), flips, letters);
    t.equal(seen.last, last, letters);
    t.equal(seen.isFlake, isFlake, letters);
  }
});

t.test('a build of the kernel that explains a flip, and one that does not', async t => {
  const explained = course('ppff', ['a', 'a', 'b', 'b']);
  t.same(explained.flips[0]?.builds, ['a', 'b']);
  t.equal(course('ppff', ['a', 'a', 'a', 'b']).flips[0]?.builds, null, 'the build is the same at the flip');
  t.equal(course('pfpf', ['a', 'b', 'c', 'd']).bothOn, null, 'each answer on a build of its own');
  t.equal(course('pfpf', ['a', 'b', 'b', 'd']).bothOn, 'b');
  t.equal(course('ppff', ['a', 'a', 'a', 'a']).bothOn, null, 'no flake');
});
