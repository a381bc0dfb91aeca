import t from 'tap';
import { sentFrames, type SourceRun } from '../guest/sent-frames.ts';
import { compareNumbers, type AnnouncedSource } from './identities.ts';

/** A source with as many lanes as it sends numbers, unless `lanes` says another number. */
function source(some: Partial<SourceRun>, first = 0, lanes?: number): AnnouncedSource {
  const run: SourceRun = { source: 'packet', on: 'tx', count: 4, size: 64, ...some };
  const frames = sentFrames(run, []);
  const numbers = Math.ceil(run.count / frames.threads);
  const runs = [{ count: run.count, burst: run.burst ?? 1 }];
  return { slot: 0, frames, lanes: { first, count: lanes ?? numbers }, numbers, runs };
}

type Runs = Parameters<typeof compareNumbers>[1];

t.test('which numbers came, and how often', async t => {
  const once = { matched: 4, duplicated: 0, absent: 0 };
  const rows: [name: string, sources: AnnouncedSource[], runs: Runs, expected: object][] = [
    ['each once', [source({})], [[4, 1]], once],
    [
      'one twice, one missing',
      [source({})],
      [
        [1, 1],
        [1, 2],
        [1, 0],
        [1, 1],
      ],
      {
        matched: 3,
        duplicated: 1,
        absent: 1,
        examples: { duplicated: ['number 1 of port 9000'], absent: ['number 2 of port 9000'] },
      },
    ],
    [
      "pktgen's numbers begin with 1",
      [source({ source: 'pktgen', flows: 2, firstFlow: 3 })],
      [
        [3, 1],
        [1, 0],
      ],
      { absent: 1, examples: { absent: ['number 4 of ports 9003 to 9004'] } },
    ],
    [
      'threads have numbers of their own, and the first sends what is left over',
      [source({ source: 'pktgen', count: 5, threads: 2 })],
      [
        [5, 1],
        [1, 0],
      ],
      { matched: 5, absent: 0 },
    ],
    [
      'the second thread has ports of its own',
      [source({ source: 'pktgen', count: 4, threads: 2 })],
      [
        [3, 1],
        [1, 2],
      ],
      { duplicated: 1, examples: { duplicated: ['number 2 of port 9001'] } },
    ],
    [
      'the same number of two sources is two packets',
      [source({}), source({ firstFlow: 1 }, 4)],
      [
        [7, 1],
        [1, 0],
      ],
      { matched: 7, absent: 1, once: true, examples: { absent: ['number 3 of port 9001'] } },
    ],
    [
      'a burst sends one packet several times',
      [source({ source: 'pktgen', count: 5, burst: 2 })],
      [
        [1, 2],
        [1, 0],
        [1, 2],
        [1, 0],
        [1, 1],
      ],
      { matched: 5, duplicated: 0, absent: 0, once: false },
    ],
    [
      'more numbers than lanes: they share them',
      [source({ count: 10 }, 0, 4)],
      [
        [2, 3],
        [2, 2],
      ],
      { matched: 10, duplicated: 0, absent: 0 },
    ],
    [
      'a lane that is full may have missed some',
      [source({ count: 1000 }, 0, 4)],
      [[4, 191]],
      { matched: 1000, duplicated: 0, absent: 0 },
    ],
    ['nothing came', [source({})], [[4, 0]], { matched: 0, absent: 4 }],
    ['no lanes', [source({}, 0, 0)], [], { matched: 0, absent: 0 }],
  ];
  for (const [name, sources, runs, expected] of rows) t.match(compareNumbers(sources, runs), expected, name);
});

t.test('a source that runs twice sends each number twice', async t => {
  const one = source({});
  one.runs.push({ count: 2, burst: 1 });
  const seen = compareNumbers(
    [one],
    [
      [2, 2],
      [2, 1],
    ],
  );
  t.match(seen, { matched: 6, duplicated: 0, absent: 0, once: false });
});

t.test('sources that share a port have no order', async t => {
  const sources = [source({}), source({ flows: 2, size: 128 }, 4)];
  t.equal(compareNumbers(sources, [[8, 1]]).once, false);
});
