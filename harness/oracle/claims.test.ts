import t from 'tap';
import { boundedNames } from './claims.ts';
import { variantOf } from './made-up.fixture.ts';

/** Names that an expression bounds where 20 of 100 packets were dropped on kernel 6.12. */
function bounded(expr: string): string {
  const [expectation] = variantOf([expr]).expect;
  if (expectation === undefined) throw new Error('no expectation');
  const counters = {
    sent: 100,
    xdp: { drop: 20, pass: 80, tx: 0 },
    kernel: { version: '6.12.1', series: '6.12' },
    variant: { nic: 'veth' },
  };
  const names = boundedNames(expectation.expression, counters).map(({ path }) => path.join('.'));
  return [...new Set(names)].filter(name => name.startsWith('xdp.')).join(' ');
}

t.test('an expectation bounds what it would not hold with more of', async t => {
  const rows: [string, string][] = [
    ['xdp.drop == 20', 'xdp.drop'],
    ['20 == xdp.drop', 'xdp.drop'],
    ['xdp.drop <= 20', 'xdp.drop'],
    ['21 > xdp.drop', 'xdp.drop'],
    ['xdp.drop in [20, 21]', 'xdp.drop'],
    ['xdp.drop >= 20', ''],
    ['xdp.drop > 0', ''],
    ['0 < xdp.drop', ''],
    ['xdp.drop != 0', ''],
    ['!(xdp.drop == 0)', ''],
    ['!(xdp.drop > 20)', 'xdp.drop'],
    ['!(xdp.drop in [1, 2])', ''],
    ['xdp.pass + xdp.drop == sent', 'xdp.pass xdp.drop'],
    ['sent - xdp.drop >= 80', 'xdp.drop'],
    ['sent - xdp.drop <= 80', ''],
    ['-xdp.drop >= -20', 'xdp.drop'],
    ['xdp.drop * 2 < 100', 'xdp.drop'],
    ['xdp.pass >= 1 && xdp.drop == 20', 'xdp.drop'],
    ['kernel.at_least("6.1") || xdp.drop == 0', ''],
    ['kernel.at_least("6.1") || xdp.drop == 20', 'xdp.drop'],
    ['!kernel.at_least("6.1") || xdp.drop == 20', 'xdp.drop'],
    ['!(!kernel.at_least("6.1") && xdp.drop == 0)', ''],
    ['xdp.drop == (variant.nic == "veth" ? 20 : xdp.tx)', 'xdp.drop xdp.tx'],
    ['kernel.at_least("6.1") ? xdp.drop == 20 : xdp.tx == 0', 'xdp.drop'],
    ['has(xdp.drop) && sent == 100', ''],
  ];
  for (const [expr, names] of rows) t.equal(bounded(expr), names, expr);
});
