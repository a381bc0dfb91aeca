import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseKallsyms, symbolFile } from './kallsyms.ts';

const KALLSYMS = `0000000000000000 A fixed_percpu_data
0000000000023000 A cpu_number
ffffffff81000040 T start_of_bpf
ffffffff81000000 T _text
ffffffff81000080 W weak_function
ffffffff82000000 D jiffies
ffffffffc0100000 t veth_xmit	[veth]
ffffffffc0102000 d veth_ops	[veth]
`;

t.test('symbols with an address of their own, by address', async t => {
  const names = parseKallsyms(KALLSYMS).map(({ name, code }) => `${name}${code ? '()' : ''}`);
  t.same(names, ['_text()', 'start_of_bpf()', 'weak_function()', 'jiffies', 'veth_xmit()', 'veth_ops']);
});

t.test('addresses of 52 bits, as arm64 has them, are exact', async t => {
  const text = 'fff0000000000000 T _text\nfff0000000000001 T next\nfff8001fffffffff T last\n';
  t.same(
    parseKallsyms(text).map(({ address }) => address),
    [0xfff0000000000000n, 0xfff0000000000001n, 0xfff8001fffffffffn],
  );
});

t.test('the file of symbols, as binutils read it', async t => {
  const file = join(t.testdir(), 'symbols');
  writeFileSync(file, symbolFile(parseKallsyms(KALLSYMS)));
  const listed = execFileSync('nm', ['--numeric-sort', file], { encoding: 'utf8' });
  t.equal(
    listed,
    `ffffffff81000000 T _text
ffffffff81000040 T start_of_bpf
ffffffff81000080 T weak_function
ffffffff82000000 B jiffies
ffffffffc0100000 T veth_xmit
ffffffffc0102000 B veth_ops
`,
  );
  const sections = execFileSync('readelf', ['--wide', '--sections', file], { encoding: 'utf8' });
  t.notMatch(sections, /warning/i);
  // Each symbol lies in a section that reaches to the next stretch: a debugger finds the function of an address between two symbols.
  t.match(sections, /\.text +NOBITS +ffffffff81000000 \w+ 1000000 .* AX/);
  t.match(sections, /\.data +NOBITS +ffffffff82000000 \w+ 3e100000 .* WA/);
});

t.test('a kernel without symbols', async t => {
  t.same(parseKallsyms(''), []);
  t.doesNotThrow(() => symbolFile([]));
});
