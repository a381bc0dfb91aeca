import t from 'tap';
import { buildFrame } from '../packet/build.ts';
import { ENDS } from '../packet/layer.ts';
import { frameKind, KIND } from './frame-kind.ts';

t.test('what a kernel sends by itself, and what it does not', async t => {
  const rows: [name: string, description: Parameters<typeof buildFrame>[0], kind: number][] = [
    ['ARP', { arp: {} }, KIND.arp],
    ['ARP with a tag', { vlan: 5, arp: {} }, 0],
    ['UDP', { ip: {}, udp: {} }, 0],
    ['a ping', { ip: {}, icmp: { type: 8 } }, 0],
    ['an error of ICMP', { ip: {}, icmp: { type: 3 } }, KIND.error],
    ['IGMP', { ip: { protocol: 2 } }, KIND.igmp],
    ['TCP over IPv6', { ip6: {}, tcp: {} }, 0],
    ['a ping of IPv6', { ip6: {}, icmp6: { type: 128 } }, 0],
    ['an error of ICMPv6', { ip6: {}, icmp6: { type: 3 } }, KIND.error],
    ['a neighbour solicitation', { ip6: {}, icmp6: { type: 135 } }, KIND.neighbour],
  ];
  for (const [name, description, kind] of rows)
    t.equal(frameKind(buildFrame(description, { ends: ENDS.tx })), kind, name);
  // MLDv2, behind a hop-by-hop option.
  const report = Buffer.alloc(90);
  report.writeUInt16BE(0x86dd, 12);
  report.writeUInt8(58, 54);
  report.writeUInt8(143, 62);
  t.equal(frameKind(report), KIND.neighbour);
  t.equal(frameKind(Buffer.alloc(3)), 0, 'shorter than an Ethernet header');
});
