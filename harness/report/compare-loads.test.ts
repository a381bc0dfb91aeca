import t from 'tap';
import { compareLoads, loadComparisonText, loadRegressionCode } from './compare-loads.ts';
import { loadCell, loadReport, refused, sized } from './load.fixture.ts';

const code = (
  before: ReturnType<typeof loadCell>[],
  after: ReturnType<typeof loadCell>[],
  growth: number | null,
) => loadRegressionCode(compareLoads(loadReport(before), loadReport(after), growth));

t.test('each program counts on the same kernel only', async t => {
  t.equal(code([sized('5.10', 'a', 100)], [sized('5.10', 'a', 111)], 10), 1);
  t.equal(code([sized('5.10', 'a', 100)], [sized('5.10', 'a', 110)], 10), 0, 'the limit itself is allowed');
  t.equal(code([sized('5.10', 'a', 100)], [sized('5.10', 'a', 900)], null), 0, 'growth without a limit');
  t.equal(code([sized('5.10', 'a', 100)], [sized('5.10', 'a', 100), sized('7.3', 'a', 900)], 10), 0);
  t.equal(
    code([loadCell('5.10', 'a'), refused('7.3', 'a')], [loadCell('5.10', 'a'), refused('7.3', 'a')], 0),
    0,
  );
  t.equal(code([loadCell('5.10', 'a')], [refused('5.10', 'a')], null), 1);
  t.equal(code([refused('5.10', 'a')], [loadCell('5.10', 'a')], 0), 0);
  const lost = loadCell('5.10', 'a', { state: 'lost', reason: 'the host', figures: null });
  t.equal(code([loadCell('5.10', 'a')], [lost], null), 3);
  t.equal(code([lost], [refused('5.10', 'a')], null), 0, 'there was no answer before');
  t.equal(code([loadCell('5.10', 'a')], [], null), 0, 'a program that is gone is no regression');
  t.equal(code([sized('5.10', 'a', 0)], [sized('5.10', 'a', 1)], 1000), 1, 'from nothing');
});

t.test('the comparison for people', async t => {
  const before = loadReport([
    sized('5.10', 'a', 100),
    sized('5.10', 'b', 2000),
    loadCell('5.10', 'c'),
    loadCell('5.10', 'd'),
  ]);
  const after = loadReport([
    sized('5.10', 'a', 250),
    sized('5.10', 'b', 1999),
    refused('5.10', 'c'),
    loadCell('5.10', 'e'),
  ]);
  t.equal(
    loadComparisonText(compareLoads(before, after, 10)),
    `gone: 1
  fw.bpf.o d on 5.10
new: 1
  fw.bpf.o e on 5.10
other verified instructions: 1
  fw.bpf.o b on 5.10: 2,000 → 1,999 (-0.1 %)
grew more than allowed: 1
  fw.bpf.o a on 5.10: 100 → 250 (+150.0 %)
newly refused: 1
  fw.bpf.o c on 5.10: loaded → refused: R2 invalid mem access 'inv'

regression: 2 programs
`,
  );
  t.equal(loadComparisonText(compareLoads(before, before, 0)), 'no regression\n');
});
