import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { buildFrame } from '../packet/build.ts';
import { writePcap } from '../packet/pcap.ts';
import { parseScenario, problemLines } from './parse.ts';
import { yamlSource } from './places.ts';
import { NAMES } from './vocabulary.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'bpfrig-packets-'));
t.teardown(() => rmSync(folder, { recursive: true }));

/** What is wrong with a scenario of one step, and its steps. */
function parse(step: string, section = 'traffic') {
  const text = `title: t\nsource: s\ntopology: veth\n${section}:\n  - ${step}\nexpect: [sent == 1]\n`;
  const file = { name: 't', file: 't.yaml', path: join(folder, 't.yaml') };
  const { scenario, problems } = parseScenario(yamlSource(text), file, NAMES);
  return { lines: problemLines('t.yaml', problems), steps: scenario?.variants[0]?.traffic ?? [] };
}

t.test('the frame of the design', t => {
  const { lines, steps } = parse(
    "packets: { on: tx, frames: [{ eth: {}, vlan: 5, ip6: { dst: 'fd00::1' }, tcp: { dport: 80, flags: S } }] }",
  );
  t.same(lines, []);
  t.match(steps, [{ kind: 'packets', args: { on: 'tx', count: 1, flows: 1 } }]);
  t.end();
});

t.test('mistakes have a place, a remedy and the nearest name', t => {
  const cases = [
    ['packets: { frames: [{ ip: {}, tpc: {} }] }', '5:35: unknown key `tpc`, did you mean `tcp`?'],
    ['packets: { frames: [{ ip: { dts: 1.2.3.4 } }] }', '5:33: unknown key `dts`, did you mean `dst`?'],
    [
      'packets: { frames: [{ ip: { dst: 1.2.3 } }] }',
      '5:38: traffic[0].packets.frames[0].ip.dst: `1.2.3` is not an IPv4 address',
    ],
    ['packets: { frames: [{ tcp: {} }] }', '`tcp` needs `ip` or `ip6` next to it, such as `ip: {}`'],
    [
      'packets: { frames: [{ ip: {}, ip6: {} }] }',
      '`ip` and `ip6` in one packet: what is in a tunnel stands in `inner`',
    ],
    [
      'packets: { frames: [{ ip: {}, udp: {}, inner: { ip: {} } }] }',
      '`inner` needs a tunnel around it: `ip` or `ip6` alone, `gre`, or `vxlan`',
    ],
    [
      'packets: { frames: [{ ip: {}, inner: { ip: {}, udp: { sprot: 1 } } }] }',
      'unknown key `sprot`, did you mean `sport`?',
    ],
    ['packets: { frames: [{ ip: { ttl: 256 } }] }', 'too big: expected number to be <=255'],
    ['packets: { frames: [{ ip: {}, tcp: { flags: SX } }] }', '`SX` does not match /^[FSRPAUEC]*$/'],
    [
      'packets: { frames: [{ ip: {}, tcp: { mss: 1, options: "0101" } }] }',
      '`options` has all options: this one too',
    ],
    ['packets: { frames: [{ ip: {}, size: 20 }] }', '`size: 20` is less than the 34 bytes of its parts'],
    [
      'packets: { frames: [{ ip: {}, payload: { length: 65536 } }] }',
      'a frame of 65570 bytes: 65557 at most',
    ],
    [
      'packets: { frames: [{ ip: {}, payload: { length: 65520 } }] }',
      '`length` has 16 bits: 65540 does not fit',
    ],
    ['packets: { frames: [{ ip: {}, fragment: 100 }] }', 'must be a multiple of 8, not 100'],
    ['packets: { frames: [{ hex: "00112233" }] }', '4 bytes: a frame has 14 to 65557'],
    ['packets: { frames: [{ hex: "0011", ip: {} }] }', 'a frame has 14 to'],
    ['packets: { frames: [{}] }', 'a frame needs its layers (such as `ip: {}, udp: {}`), `hex` or `pcap`'],
    ['packets: { frames: [{ arp: {} }], flows: 2 }', 'it needs `tcp` or `udp`'],
    ['packets: { frames: [{ arp: {} }], gap_us: 1000000, count: 601 }', 'longer than a step may take'],
    ['packets: { frames: [{ pcap: none.pcap }] }', '5:33: `none.pcap` cannot be read: ENOENT'],
    ['packets: { frames: [{ pcap: . }] }', '`.` is not a regular file'],
    [
      'test_run: { program: p, data: "00", frame: { ip: {} } }',
      '`data` says what the packet is: without `frame`',
    ],
    ['test_run: { program: p, frame: { ip: {}, fragment: 8 } }', 'unknown key `fragment`'],
  ] as const;
  for (const [step, expected] of cases) {
    const { lines } = parse(step);
    t.ok(
      lines.some(line => line.includes(expected)),
      `${step}: ${lines.join(' | ')}`,
    );
  }
  t.end();
});

t.test('a pcap file is looked at before a guest boots, and found next to the scenario', t => {
  const data = buildFrame({ ip: {}, udp: {} });
  const frame = { data, length: data.length, ns: 0n };
  writeFileSync(join(folder, 'two.pcap'), writePcap([frame, frame]));
  writeFileSync(join(folder, 'cut.pcap'), writePcap([frame]).subarray(0, 50));
  const { steps, lines } = parse('packets: { frames: [{ pcap: two.pcap }] }');
  t.same(lines, []);
  t.match(steps, [{ args: { frames: [{ pcap: join(folder, 'two.pcap') }] } }]);
  t.match(parse('packets: { frames: [{ pcap: cut.pcap }] }').lines, [/t.yaml:5:33: .*cut\.pcap/]);
  const most = parse('packets: { count: 10000000, frames: [{ pcap: two.pcap }] }').lines;
  t.match(most, [/20,000,000 packets with those of the files/]);
  t.end();
});
