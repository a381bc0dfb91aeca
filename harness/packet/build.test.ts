import fc from 'fast-check';
import t from 'tap';
import { buildFrame } from './build.ts';
import { decodeFrame, type DecodedFrame } from './decode.ts';
import type { Fields } from './fields.ts';
import { anyFrame, asDescription, counterexample } from './frame.fixture.ts';
import { ENDS } from './layer.ts';

t.test('known frames', t => {
  const cases: readonly [name: string, expected: string, built: Buffer][] = [
    [
      // RFC 1071 and many textbooks: the header whose checksum is b861.
      'the IPv4 header of Wikipedia, "Internet checksum"',
      '45000073000040004011b861c0a80001c0a800c7',
      buildFrame({
        ip: { df: true, protocol: 17, src: '192.168.0.1', dst: '192.168.0.199' },
        payload: { length: 95 },
      }).subarray(14, 34),
    ],
    [
      // tools/testing/selftests/bpf/network_helpers.c: zeroes but for nexthdr, payload_len and urg_ptr (MAGIC_BYTES), and doff.
      'pkt_v6 of the kernel’s selftests',
      `${'00'.repeat(12)}86dd00000000007b0600${'00'.repeat(32)}${'00'.repeat(12)}500000000000007b`,
      buildFrame({
        eth: { dst: '00:00:00:00:00:00', src: '00:00:00:00:00:00' },
        ip6: { version: 0, length: 123, hop_limit: 0, src: '::', dst: '::' },
        tcp: { sport: 0, dport: 0, flags: '', window: 0, urgent: 123, checksum: 0 },
      }),
    ],
    [
      // IEEE 802.1ad: a service tag, 88a8, around a customer tag, 8100.
      'two tags: the outer one is 802.1ad',
      `${'ff'.repeat(6)}525400b9f001` + '88a8a064' + '81000005' + '88b5' + '6869',
      buildFrame({
        eth: { dst: 'ff:ff:ff:ff:ff:ff' },
        vlan: [{ id: 100, pcp: 5 }, 5],
        payload: { text: 'hi' },
      }),
    ],
    [
      'an ARP request',
      'ffffffffffff525400b9f0020806' + '0001080006040001' + '525400b9f002c6120101' + '000000000000c6120001',
      buildFrame({ eth: { dst: 'ff:ff:ff:ff:ff:ff' }, arp: {} }, { ends: ENDS.rx }),
    ],
  ];
  for (const [name, expected, built] of cases) t.equal(built.toString('hex'), expected, name);
  t.end();
});

t.test('what is built is read as it was described', t => {
  const property = fc.property(anyFrame, description => {
    const decoded = decodeFrame(buildFrame(description));
    return decoded['problem'] === '' && contains(decoded, description);
  });
  t.equal(counterexample(property, 300), null);
  t.end();
});

t.test('checksums are right unless they are stated', t => {
  const property = fc.property(anyFrame, description => {
    const { ip, tcp, udp, icmp, icmp6, inner } = decodeFrame(buildFrame(unstated(description)));
    return [ip, tcp, udp, icmp, icmp6, ...layersIn(inner)].every(
      layer => (layer as Fields | undefined)?.['checksum_ok'] !== false,
    );
  });
  t.equal(counterexample(property, 200), null);
  const wrong = decodeFrame(buildFrame({ ip: { checksum: 1 }, udp: { checksum: 0xdead } }));
  t.match(wrong, { ip: { checksum: 1, checksum_ok: false }, udp: { checksum: 0xdead, checksum_ok: false } });
  t.end();
});

t.test('a frame of any bytes is read, and what was read gives the same bytes', t => {
  const same = (bytes: Buffer): boolean => {
    const decoded = decodeFrame(bytes);
    // A frame without a header is not one that can be described by its layers.
    if (bytes.length < 14) return decoded['problem'] !== '';
    return buildFrame(asDescription(decoded)).equals(bytes);
  };
  const bytes = fc.uint8Array({ maxLength: 200 }).map(some => Buffer.from(some));
  const damaged = fc
    .tuple(anyFrame, fc.nat(), fc.nat({ max: 255 }), fc.nat())
    .map(([description, at, byte, cut]) => {
      const frame = buildFrame(description);
      frame[at % frame.length] = byte;
      return cut % 3 === 0 ? frame.subarray(0, cut % (frame.length + 1)) : frame;
    });
  t.equal(counterexample(fc.property(fc.oneof(bytes, damaged), same), 2000), null);
  t.end();
});

/** Whether everything that is described is in what was read. */
function contains(decoded: DecodedFrame, description: object): boolean {
  return Object.entries(description).every(([key, value]: [string, unknown]) => {
    const read = decoded[key === 'vlan' ? 'vlans' : key];
    if (key === 'inner') return contains(read as DecodedFrame, value as object);
    return value === undefined || value === '' || includes(read, value);
  });
}

function includes(read: unknown, value: unknown): boolean {
  if (Array.isArray(value))
    return value.every((one, index) => includes((read as unknown[] | undefined)?.[index], one));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).every(([key, one]) => {
      const found = (read as Record<string, unknown> | undefined)?.[key];
      // Options are filled up, and `checksum: true` means the right one.
      if (key === 'data') return String(found).startsWith(String(one));
      if (key === 'options' && one === '') return found === undefined;
      if (key === 'extensions' && (one as unknown[]).length === 0) return found === undefined;
      if (key === 'checksum' && one === true) return typeof found === 'number';
      return includes(found, one);
    });
  return read === value;
}

function unstated(description: object): object {
  return Object.fromEntries(
    Object.entries(description).map(([key, value]: [string, unknown]) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return [key, value];
      const { checksum: _, ...rest } = unstated(value) as { checksum?: unknown };
      return [key, rest];
    }),
  );
}

function layersIn(inner: unknown): unknown[] {
  return typeof inner === 'object' && inner !== null ? Object.values(inner) : [];
}
