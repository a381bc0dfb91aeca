import t from 'tap';
import { COVERAGE, TEA } from './code.fixture.ts';
import { lcovText } from './lcov.ts';

t.test('a trace file of lcov', async t => {
  t.equal(
    lcovText('tree:../linux+gcov=kernel/tea.c', COVERAGE),
    `TN:tree____linux_gcov_kernel_tea_c
SF:/linux/kernel/tea.c
FN:4,boil
FN:13,pour
FNDA:3,boil
FNDA:0,pour
FNF:2
FNH:1
BRDA:6,0,0,1
BRDA:6,0,1,2
BRDA:8,0,0,0
BRDA:8,0,1,2
BRDA:15,0,0,-
BRDA:15,0,1,-
BRF:6
BRH:3
DA:4,3
DA:6,3
DA:7,1
DA:8,2
DA:9,0
DA:10,2
DA:13,0
DA:15,0
LF:8
LH:5
end_of_record
`,
  );
});

t.test('one record per source, and none without sources', async t => {
  const two = { ...COVERAGE, sources: [TEA, { ...TEA, path: '/linux/kernel/milk.c' }] };
  t.equal(lcovText('x', two).match(/^SF:.*(?:\n(?!SF).*)*?\nend_of_record$/gm)?.length, 2);
  t.equal(lcovText('x', { ...COVERAGE, sources: [] }), '');
});
