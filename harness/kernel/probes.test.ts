import t from 'tap';
import { probesOf } from './probes.ts';

t.test('three results, and the reason of the third', async t => {
  const answer = {
    probes: { a: 'available', b: 'missing', c: 'untried', d: 'untried' },
    untried: { c: 'no pktgen' },
  } as const;
  t.same(probesOf(answer), {
    a: 'available',
    b: 'missing',
    c: { untried: 'no pktgen' },
    d: { untried: 'the probe d could not be tried' },
  });
});
