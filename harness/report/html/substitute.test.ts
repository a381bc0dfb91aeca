import t from 'tap';
import { substitute } from './substitute.ts';

const counters = {
  sent: 10000,
  cpumap: { accepted: 9, cpu: { '2': { accepted: 7 } } },
  step: { errno: 'OK' },
  kernel: { version: '6.12.1' },
};

t.test('names are replaced by their values', async t => {
  const rows: [string, string | null][] = [
    ['sent == 10000', '10000 == 10000'],
    ['cpumap.cpu["2"].accepted + cpumap.accepted == sent', '7 + 9 == 10000'],
    ['step.errno == "sent"', '"OK" == "sent"'],
    ['sum(cpumap.cpu) == 7', null],
    ['kernel.at_least("6.1") || sent > 0', 'kernel.at_least("6.1") || 10000 > 0'],
    ['toString == 1', null],
    ['nothing.there == 1', null],
  ];
  for (const [expr, expected] of rows) t.equal(substitute(expr, counters), expected, expr);
});
