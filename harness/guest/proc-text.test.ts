import t from 'tap';
import { parseFdinfo, parseNetDev, parseSnmp, parseSoftnet } from './proc-text.ts';

t.test('softnet_stat is hex, and its rows go by the CPU’s column', async t => {
  const text = [
    '0000001f 00000002 00000003 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000',
    '000000a0 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000003 00000000 00000000',
    '',
  ].join('\n');
  t.same(parseSoftnet(text), [
    { cpu: 0, processed: 31, dropped: 2, time_squeeze: 3 },
    { cpu: 3, processed: 160, dropped: 0, time_squeeze: 0 },
  ]);
});

t.test('softnet_stat of 5.10 has 11 columns: its rows are CPUs in order', async t => {
  const line =
    '00000010 00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000';
  t.same(parseSoftnet(`${line}\n${line}\n`), [
    { cpu: 0, processed: 16, dropped: 0, time_squeeze: 1 },
    { cpu: 1, processed: 16, dropped: 0, time_squeeze: 1 },
  ]);
});

t.test('snmp has a line of names and a line of numbers for each protocol', async t => {
  const text = `Ip: Forwarding DefaultTTL InReceives
Ip: 2 64 7
IcmpMsg: InType3
IcmpMsg: 4
Udp: InDatagrams NoPorts
Udp: 12 345
`;
  t.same(parseSnmp(text), {
    IpForwarding: 2,
    IpDefaultTTL: 64,
    IpInReceives: 7,
    IcmpMsgInType3: 4,
    UdpInDatagrams: 12,
    UdpNoPorts: 345,
  });
  t.same(parseSnmp(''), {});
});

t.test('fdinfo: numbers as C reads them, everything else as text', async t => {
  const text = `pos:\t0
flags:\t02000002
mnt_id:\t15
map_type:\t16
map_flags:\t0x0
map_extra:\t0x1f
memlock:\t4096
prog_tag:\t0012345678901289
name:\ttwo words
`;
  t.same(parseFdinfo(text), {
    pos: 0,
    flags: 0o2000002,
    mnt_id: 15,
    map_type: 16,
    map_flags: 0,
    map_extra: 31,
    memlock: 4096,
    prog_tag: '0012345678901289',
    name: 'two words',
  });
});

t.test(
  'net/dev has two lines of headings, and a line for each device, whose name may have no space behind it',
  async t => {
    const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  p2.5: 6400     100    1    2    3     4          5         6     1280      20    7    8    9    10      11         12
bond0:12345678901 1    0    0    0     0          0         0        0       0    0    0    0     0       0          0
`;
    const none = {
      rx_bytes: 0,
      rx_packets: 0,
      rx_errors: 0,
      tx_bytes: 0,
      tx_packets: 0,
      tx_errors: 0,
      tx_dropped: 0,
    };
    t.strictSame(parseNetDev(text), {
      lo: none,
      'p2.5': {
        rx_bytes: 6400,
        rx_packets: 100,
        rx_errors: 1,
        tx_bytes: 1280,
        tx_packets: 20,
        tx_errors: 7,
        tx_dropped: 8,
      },
      bond0: { ...none, rx_bytes: 12345678901, rx_packets: 1 },
    });
  },
);
