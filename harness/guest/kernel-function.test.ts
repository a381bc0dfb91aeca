import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { findCommand, findFunctions, FIND_FUNCTIONS, parseFound } from './kernel-function.ts';
import type { AgentCaller } from './protocol.ts';

/** As of a kernel: its own symbols in order, then those of two modules, whose symbols are in none. */
const KALLSYMS = `
0000000000000000 A fixed_percpu_data
ffffffff81000000 T _stext
ffffffff81000100 t cpu_map_kthread_run
ffffffff81000100 T an_alias
ffffffff81000100 d no_code
ffffffff810003a0 t cpu_map_update_elem
ffffffff810003a8 d no_code_either
ffffffff81000520 t __cpu_map_entry_alloc.isra.0
ffffffff81000700 t twice
ffffffff81000800 W weak
ffffffff81000900 t twice
ffffffff81000a00 T _etext
ffffffff82000000 D jiffies
ffffffffc0000300 t veth_xmit\t[veth]
ffffffffc0000100 t veth_poll\t[veth]
ffffffffc0000200 T veth_init\t[veth]
ffffffffc0000340 d veth_ops\t[veth]
ffffffffc0000220 t pktgen_xmit\t[pktgen]
`;

const FILE = join(t.testdir({ kallsyms: KALLSYMS }), 'kallsyms');

/** What the guest's program finds there. */
async function found(...names: string[]): Promise<string> {
  const [program = '', ...args] = findCommand(FILE, names);
  const { stdout } = await execa(program, args);
  return stdout;
}

t.test('a function ends where the next code begins', async t => {
  const rows: [string, string][] = [
    ['cpu_map_kthread_run', 'ffffffff81000100 ffffffff810003a0'],
    ['an_alias', 'ffffffff81000100 ffffffff810003a0'],
    ['cpu_map_update_elem', 'ffffffff810003a0 ffffffff81000520'],
    ['weak', 'ffffffff81000800 ffffffff81000900'],
    ['veth_poll', 'ffffffffc0000100 ffffffffc0000200'],
    ['veth_init', 'ffffffffc0000200 ffffffffc0000300'],
    ['veth_xmit', 'ffffffffc0000300 -'],
    ['pktgen_xmit', 'ffffffffc0000220 -'],
    ['_etext', 'ffffffff81000a00 -'],
  ];
  for (const [name, range] of rows) t.equal(await found(name), `${name} ${range}`);
});

t.test('several at once, one with several places, one with a suffix, and what is no function', async t => {
  const names = [
    'twice',
    'an_alias',
    'cpu_map_kthread_run',
    '__cpu_map_entry_alloc',
    'jiffies',
    'none',
    'veth_poll',
  ];
  const { ranges, copies } = parseFound(await found(...names));
  t.same(copies, ['__cpu_map_entry_alloc.isra.0']);
  t.same(ranges.get('twice'), [
    { start: 'ffffffff81000700', end: 'ffffffff81000800' },
    { start: 'ffffffff81000900', end: 'ffffffff81000a00' },
  ]);
  t.same([...ranges.keys()].toSorted(), ['an_alias', 'cpu_map_kthread_run', 'twice', 'veth_poll']);
  t.same(ranges.get('an_alias'), ranges.get('cpu_map_kthread_run'));
  t.same(ranges.get('veth_poll'), [{ start: 'ffffffffc0000100', end: 'ffffffffc0000200' }]);
});

t.test('addresses that awk could take for numbers are compared as texts', async t => {
  const { stdout } = await execa('busybox', ['awk', '-v', 'names=f', FIND_FUNCTIONS], {
    input: '00000000000001e9 t f\n0000000000000e10 t g\n',
  });
  t.equal(stdout, 'f 00000000000001e9 0000000000000e10');
});

t.test('a kernel that hides its addresses, or has no symbols, is a mistake with its remedy', async t => {
  t.throws(() => parseFound('f 0000000000000000 -\n'), {
    code: 'scenario',
    message: /kernel\.kptr_restrict/,
  });
  const call = (async () => ({ status: 2, stdout: '', stderr: 'awk: no such file' })) as unknown;
  await t.rejects(findFunctions({ call: call as AgentCaller['call'] }, ['f']), {
    code: 'scenario',
    message: /CONFIG_KALLSYMS/,
    detail: 'awk: no such file',
  });
});
