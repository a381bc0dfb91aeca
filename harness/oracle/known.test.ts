import t from 'tap';
import { variantOf } from './made-up.fixture.ts';
import { knownPanic, matchKnown } from './known.ts';

const CONSOLE = [
  '[   11.8] BUG: kernel NULL pointer dereference, address: 0000000000000000',
  '[   11.8] RIP: 0010:eth_type_trans+0x62/0x130',
  '[   11.8]  cpu_map_kthread_run+0x282/0x8e0',
  '[   11.8] Kernel panic - not syncing: Fatal exception in interrupt',
];

const { known } = variantOf(['sent == 1'], {
  more: `known: [{ kernels: ">=5.10 <7.4", reason: r, panic: 'NULL[\\s\\S]*eth_type_trans[\\s\\S]*cpu_map_kthread_run' }]`,
});

t.test(
  'a panic is known when the console has the words of the entry, on the kernels of the entry',
  async t => {
    t.equal(knownPanic(known, '7.3.4', CONSOLE)?.reason, 'r');
    t.equal(knownPanic(known, '7.4', CONSOLE), null, 'another kernel');
    t.equal(knownPanic(known, '7.3.4', CONSOLE.slice(0, 2)), null, 'another panic');
    t.equal(knownPanic([], '7.3.4', CONSOLE), null);
  },
);

t.test('an entry that speaks of a panic vouches for nothing else', async t => {
  const [entry] = known;
  if (entry === undefined) throw new Error('no entry');
  t.match(matchKnown(entry, { faults: [], splats: [], expectations: [] }, {}), {
    matches: false,
    why: /did not panic/,
  });
});
