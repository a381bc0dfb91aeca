import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import t from 'tap';
import { foldRun } from '../fold.ts';
import { matchGolden } from '../golden.ts';
import { jsonSchemas } from '../json-schemas.ts';
import { createPaint } from '../paint.ts';
import {
  FIVE_RUNS,
  FIXED,
  FLAKE,
  GONE,
  REGRESSION,
  runOfHistory,
  type RunOfHistory,
} from './history.fixture.ts';
import { historyCode, historyOf, recordRun } from './history.ts';
import { toHistoryDocument } from './schema.ts';
import { historyText } from './text.ts';

function history(runs: readonly RunOfHistory[]) {
  return historyOf(
    runs.map((run, i) => recordRun(foldRun(runOfHistory(i + 1, run)), `results/${i + 1}`)).toReversed(),
  );
}

t.test('five runs: a flake, a regression with a new package, a fix, and a cell that is gone', async t => {
  const five = history(FIVE_RUNS);
  t.same(
    five.runs.map(({ folder }) => folder),
    [1, 2, 3, 4, 5].map(i => `results/${i}`),
    'by time, whatever the order in which they are named',
  );
  t.same(five.flakes, [FLAKE]);
  t.match(
    five.cells.find(({ id }) => id === FLAKE),
    { bothOn: '6.12.117 (6.12.117-1)', last: 'good' },
  );
  t.match(five.regressions, [
    {
      id: REGRESSION,
      flip: { from: 2, to: 3, builds: ['6.12.117 (6.12.117-1)', '6.12.118 (6.12.118-1)'] },
      reason: /^1 of 3 expectations did not hold/,
    },
  ]);
  t.match(five.fixed, [{ id: FIXED, flip: { from: 1, to: 2, builds: null } }]);
  t.same(five.gone, [{ id: GONE, last: 3 }]);
  t.equal(historyCode(five), 1);
  matchGolden(t, 'testdata/history.txt', historyText(five, createPaint(false)));
});

t.test('the exit code is that of the newest run', async t => {
  const bad = { verdicts: { [REGRESSION]: 'fail' } } as const;
  for (const [runs, code, text] of [
    [[{}, bad], 1, 'newly bad'],
    [[{}, bad, {}], 0, 'good again'],
    [[bad, bad], 0, 'never good'],
    [[{}, bad, { verdicts: { [REGRESSION]: 'infra' } }], 1, 'the host spoiled the newest: still bad'],
    [[{}, bad, { without: [REGRESSION] }], 0, 'not in the newest'],
    [[{}, { verdicts: { [REGRESSION]: 'skip' } }], 0, 'a skip is no answer'],
    [[{}, bad, {}, bad], 1, 'a flake that is bad at the end'],
    [[bad], 0, 'a single run'],
  ] as const)
    t.equal(historyCode(history(runs)), code, text);
  const again = history([{}, bad, {}, bad]);
  t.match(again.regressions, [{ isFlake: true, flip: { to: 3 } }]);
  t.match(historyText(again, createPaint(false)), /it had changed both ways before/);
});

t.test('the JSON is valid against the published schema', async t => {
  const ajv = new Ajv2020({ allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile(jsonSchemas()['history.schema.json'] as object);
  const document: unknown = JSON.parse(JSON.stringify(toHistoryDocument(history(FIVE_RUNS))));
  t.ok(validate(document), ajv.errorsText(validate.errors));
  t.notOk(validate({ ...(document as object), runs: [{}] }));
});

t.test('without a change there is little to say', async t => {
  const text = historyText(history([{}, {}]), createPaint(false));
  t.match(text, /\nno regression · 2 runs · exit 0\n$/);
  t.notMatch(text, 'rows that changed');
});
