import t from 'tap';
import type { Verdict } from '../../model/verdict.ts';
import type { PlannedCell } from '../plan.ts';
import { CurrentVerdicts } from './current-verdicts.ts';
import type { Dependencies } from './dependencies.ts';

const NOTHING: Dependencies = { scenario: new Set(), objects: new Set(), guest: new Set() };

function cell(id: string, path: string): PlannedCell {
  return { cell: { id }, scenario: { path } } as PlannedCell;
}

const CELLS = [cell('a@6.12', '/p/a.yaml'), cell('a@7.3', '/p/a.yaml'), cell('b@7.3', '/p/b.scenario.ts')];
const DEPENDENCIES = new Map<string, Dependencies>([
  [
    '/p/a.yaml',
    {
      scenario: new Set(['/p/a.yaml']),
      objects: new Set(['/p/fw.bpf.c', '/p/fw.h']),
      guest: new Set(['/p/data']),
    },
  ],
  ['/p/b.scenario.ts', { ...NOTHING, scenario: new Set(['/p/b.scenario.ts']) }],
]);

function verdicts(...all: Verdict[]): CurrentVerdicts {
  const current = new CurrentVerdicts();
  current.add(CELLS.map(({ cell: { id } }, index) => ({ cell: { id }, verdict: all[index] ?? 'pass' })));
  return current;
}

function missingAfter(file: string): string[] {
  const current = verdicts();
  current.forgetChanged(CELLS, new Set([file]), DEPENDENCIES);
  return current.missing(CELLS).map(({ cell: { id } }) => id);
}

t.test('what runs again after an edit', async t => {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['/p/a.yaml', ['a@6.12', 'a@7.3']],
    ['/p/fw.h', ['a@6.12', 'a@7.3']],
    ['/p/data/rules.json', ['a@6.12', 'a@7.3']],
    ['/p/data2', []],
    ['/p/README', []],
    ['/p/b.scenario.ts', ['b@7.3']],
    // A module may import it.
    ['/p/helper.ts', ['b@7.3']],
  ];
  for (const [file, ids] of rows) t.strictSame(missingAfter(file), ids, file);
});

t.test('a scenario that was not known before runs', async t => {
  const current = verdicts();
  const cells = [...CELLS, cell('new@7.3', '/p/new.yaml')];
  t.strictSame(
    current.missing(cells).map(({ cell: { id } }) => id),
    ['new@7.3'],
  );
});

t.test('red cells again, or all of them; and how it stands', async t => {
  const current = verdicts('fail', 'known', 'error');
  t.equal(current.standing(CELLS).code, 1);
  current.forgetFailed();
  t.strictSame(
    current.missing(CELLS).map(({ cell: { id } }) => id),
    ['a@6.12', 'b@7.3'],
  );
  t.equal(current.standing(CELLS).code, 1, 'cells without a verdict are not green');
  t.match(verdicts().standing(CELLS), { code: 0, counts: { pass: 3 } });
  current.forgetAll();
  t.equal(current.missing(CELLS).length, 3);
});
