import t from 'tap';
import { compileAny } from './cel.ts';

t.test('the names of an expression, with their places', async t => {
  const rows: [string, string[]][] = [
    ['kthread.xdp_drop == cpumap.accepted', ['kthread.xdp_drop', 'cpumap.accepted']],
    [
      'cpumap.cpu["2"].accepted + cpumap.cpu[3].accepted > 0',
      ['cpumap.cpu.2.accepted', 'cpumap.cpu.3.accepted'],
    ],
    ['log.all(l, !l.contains(variant.nic))', ['log', 'variant.nic']],
    ['cpumap.cpu.all(c, cpumap.cpu[c].ring_full == 0)', ['cpumap.cpu', 'cpumap.cpu.*.ring_full']],
    ['cel.bind(n, sent, n == sent + 1)', ['sent', 'sent']],
    [
      'kernel.at_least("5.15") ? sent == 1 : sent in [rx.packets, 2]',
      ['kernel', 'sent', 'sent', 'rx.packets'],
    ],
    ['has(look.id)', ['look.id?']],
  ];
  for (const [text, expected] of rows) {
    const compiled = compileAny(text);
    if ('problem' in compiled) throw new Error(compiled.problem);
    t.strictSame(
      compiled.names.map(({ path, optional }) => path.join('.') + (optional ? '?' : '')),
      expected,
      text,
    );
    for (const { start, end, path } of compiled.names)
      t.ok(text.slice(start, end).startsWith(path[0] ?? '?'), text);
  }
});
