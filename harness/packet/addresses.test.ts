import fc from 'fast-check';
import t from 'tap';
import { ip4Bytes, ip4Text, ip6Bytes, ip6Text, macBytes, macText } from './addresses.ts';
import { counterexample } from './frame.fixture.ts';

t.test('known addresses', t => {
  const cases = [
    ['::', '00'.repeat(16)],
    ['::1', `${'00'.repeat(15)}01`],
    ['fd00::1', `fd${'00'.repeat(14)}01`],
    ['2001:2:0:1::1', '20010002000000010000000000000001'],
    ['2001:db8:0:1:1:1:1:1', '20010db8000000010001000100010001'],
    ['1:2:3:4:5:6:7:0', '00010002000300040005000600070000'],
  ] as const;
  for (const [text, hex] of cases) {
    t.equal(ip6Bytes(text).toString('hex'), hex);
    t.equal(ip6Text(Buffer.from(hex, 'hex')), text);
  }
  t.equal(ip6Bytes('::ffff:198.18.0.1').toString('hex'), `${'00'.repeat(10)}ffffc6120001`);
  t.equal(ip4Text(ip4Bytes('198.18.0.1')), '198.18.0.1');
  t.equal(macText(macBytes('52:54:00:B9:f0:02')), '52:54:00:b9:f0:02');
  t.end();
});

t.test('any form of an IPv6 address is read as Node reads it, and written in its shortest form', t => {
  const property = fc.property(fc.ipV6(), text => {
    const { hostname } = new URL(`http://[${text}]`);
    return `[${ip6Text(ip6Bytes(text))}]` === hostname;
  });
  t.equal(counterexample(property, 500), null);
  t.end();
});
