import t from 'tap';
import { scenarioReference } from './reference.ts';

t.test('every key has a meaning', async t => {
  const rows = scenarioReference()
    .split('\n')
    .filter(line => /^\| `[^`]+` \|/.test(line))
    .map(line => line.split(/(?<!\\)\|/).map(cell => cell.trim()));
  t.ok(rows.length > 200, `${rows.length} rows`);
  // Key, value, default, meaning, between the bars. The tables of results and features have other columns.
  const silent = rows.filter(
    cells => cells.length === 6 && cells[4] === '' && !/^since |CONFIG/.test(cells[2] ?? ''),
  );
  t.same(
    silent.map(([, key]) => key),
    [],
  );
});
