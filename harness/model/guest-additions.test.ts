import t from 'tap';
import { moduleWords } from './guest-additions.ts';

t.test('a module that is built in takes its parameters from the command line', async t => {
  t.same(moduleWords(['8021q', 'bonding max_bonds=0', 'dummy numdummies=0  fail_all=1']), [
    'bonding.max_bonds=0',
    'dummy.numdummies=0',
    'dummy.fail_all=1',
  ]);
  t.same(moduleWords([]), []);
});
