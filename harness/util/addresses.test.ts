import fc from 'fast-check';
import t from 'tap';
import { ipBytes, ipText, macBytes, macText, parseIp, parseMac } from './addresses.ts';

t.test('addresses in network order', async t => {
  const rows: [string, string | null][] = [
    ['198.18.0.1', 'c6120001'],
    ['255.255.255.255', 'ffffffff'],
    ['::', '0'.repeat(32)],
    ['::1', '1'.padStart(32, '0')],
    ['fd00::1', 'fd00' + '1'.padStart(28, '0')],
    ['fd00::', 'fd00' + '0'.repeat(28)],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['::ffff:198.18.0.1', 'ffffc6120001'.padStart(32, '0')],
    ['fe80::1%lo', null],
    ['1.2.3', null],
    ['1.2.3.256', null],
    ['1:2:3', null],
    ['', null],
  ];
  for (const [text, hex] of rows) t.equal(parseIp(text)?.toString('hex') ?? null, hex, text);
});

t.test('MAC addresses', async t => {
  t.equal(parseMac('52:54:00:12:34:5F')?.toString('hex'), '52540012345f');
  t.equal(parseMac('52-54-00-12-34-5f')?.toString('hex'), '52540012345f');
  for (const text of ['52:54:00:12:34', '52:54:00:12:34:5g', '52:54-00:12:34:56', '525400123456'])
    t.equal(parseMac(text), null, text);
});

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
    t.equal(ipBytes(text).toString('hex'), hex);
    t.equal(ipText(Buffer.from(hex, 'hex')), text);
  }
  t.equal(ipBytes('::ffff:198.18.0.1').toString('hex'), `${'00'.repeat(10)}ffffc6120001`);
  t.equal(ipText(ipBytes('198.18.0.1')), '198.18.0.1');
  t.equal(macText(macBytes('52:54:00:B9:f0:02')), '52:54:00:b9:f0:02');
  t.end();
});

t.test('any form of an IPv6 address is read as Node reads it, and written in its shortest form', t => {
  const property = fc.property(fc.ipV6(), text => {
    const { hostname } = new URL(`http://[${text}]`);
    return `[${ipText(ipBytes(text))}]` === hostname;
  });
  fc.assert(property, { numRuns: 500 });
  t.end();
});
