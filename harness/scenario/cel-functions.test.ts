import t from 'tap';
import { CelKernel, compileAny } from './cel.ts';

function value(text: string, context: Readonly<Record<string, unknown>> = {}): unknown {
  const compiled = compileAny(text);
  if ('problem' in compiled) throw new Error(compiled.problem);
  return compiled.evaluate(context);
}

t.test('addresses are what decodeValue shows of them', async t => {
  t.equal(value("ip('198.18.0.1')"), 0x010012c6n);
  t.same(value("mac('52:54:00:12:34:56')"), [0x52n, 0x54n, 0n, 0x12n, 0x34n, 0x56n]);
  t.same(value("ip('fd00::1')[15]"), 1n);
  t.equal(value("e.src == ip('198.18.0.1')", { e: { src: 0x010012c6n } }), true);
  t.equal(value("src == mac('52:54:00:12:34:56')", { src: [0x52n, 0x54n, 0n, 0x12n, 0x34n, 0x56n] }), true);
});

t.test('an address is the number that the guest of a kernel has in memory', async t => {
  const on = (arch: string): unknown =>
    value("ip('198.18.0.1')", { kernel: new CelKernel('6.12.1', '6.12', arch) });
  t.equal(on('amd64'), 0x010012c6n);
  t.equal(on('riscv64'), 0x010012c6n);
  t.equal(on('s390x'), 0xc6120001n);
  t.equal(value('kernel.arch == "s390x"', { kernel: new CelKernel('6.12.1', '6.12', 's390x') }), true);
});

t.test('an address with a mistake is found when the expression is read', async t => {
  t.same(compileAny("x == ip('198.18.0.300')"), {
    problem: 'ip(): `198.18.0.300` is no IPv4 and no IPv6 address',
    offset: 8,
  });
  t.match(compileAny("seen.all(e, e.mac == mac('52:54'))"), { problem: /no MAC address/ });
  t.throws(() => value('ip(x)', { x: 'nowhere' }), /no IPv4 and no IPv6 address/);
});

t.test('sums of numbers, structs and lists', async t => {
  const x = [1n, 2n, 3n];
  t.equal(value('sum(x)', { x }), 6n);
  t.equal(value('x.sum()', { x }), 6n);
  t.equal(value('[].sum()'), 0n);
  t.equal(value('x.sum()', { x: { a: 1n, b: 2n } }), 3n);
  const records = [
    { packets: 1n, kind: 'DROP', by: [1n, 2n], at: { low: 1n } },
    { packets: 2n, kind: 'PASS', by: [3n, 4n], at: { low: 2n } },
  ];
  t.same(value('x.sum()', { x: records }), { packets: 3n, by: [4n, 6n], at: { low: 3n } });
  t.equal(value('x.sum().packets == 3', { x: records }), true);
  t.throws(() => value('x.sum()', { x: ['a'] }), /adds numbers/);
});
