import t from 'tap';
import { ipBytes, macBytes } from './addresses.ts';

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
  for (const [text, hex] of rows) t.equal(ipBytes(text)?.toString('hex') ?? null, hex, text);
});

t.test('MAC addresses', async t => {
  t.equal(macBytes('52:54:00:12:34:5F')?.toString('hex'), '52540012345f');
  t.equal(macBytes('52-54-00-12-34-5f')?.toString('hex'), '52540012345f');
  for (const text of ['52:54:00:12:34', '52:54:00:12:34:5g', '52:54-00:12:34:56', '525400123456'])
    t.equal(macBytes(text), null, text);
});
