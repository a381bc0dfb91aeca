import t from 'tap';
import { buildFrame } from './build.ts';
import { decodeFrame } from './decode.ts';
import { buildFragments } from './fragments.ts';

t.test('a packet is cut into fragments that make it whole again', t => {
  for (const layer of ['ip', 'ip6'] as const) {
    const description = { vlan: 7, [layer]: {}, udp: { dport: 53 }, payload: { length: 1000 } };
    const header = layer === 'ip' ? 38 : 58;
    const content = buildFrame(description).subarray(header);
    const frames = buildFragments(description, 480);
    const decoded = frames.map(decodeFrame);
    t.match(decoded[0], { vlan: 7, layers: ['eth', 'vlan', layer, 'udp'], problem: '' });
    t.match(decoded[2], { layers: ['eth', 'vlan', layer], payload: { length: 48 }, problem: '' });
    const extension = layer === 'ip6' ? 8 : 0;
    const parts = frames.map(frame => frame.subarray(header + extension));
    t.ok(Buffer.concat(parts).equals(content), layer);
    const pieces = decoded.map(({ ip, ip6 }) =>
      layer === 'ip' ? ip : (ip6 as { extensions: readonly unknown[] }).extensions[0],
    );
    t.match(pieces, [
      { offset: 0, mf: true },
      { offset: 60, mf: true },
      { offset: 120, mf: false },
    ]);
  }
  t.end();
});

t.test('what cannot be cut is refused', t => {
  t.throws(() => buildFragments({ arp: {} }, 8), { code: 'scenario', message: '`fragment` needs `ip`' });
  t.throws(() => buildFragments({ ip: {} }, 9), { code: 'scenario', message: '`fragment: 9`' });
  t.end();
});

t.test('what does not fit is refused', t => {
  t.throws(() => buildFrame({ ip: {}, payload: { length: 65_536 } }), { code: 'scenario' });
  t.throws(() => buildFrame({ ip: {} }, { size: 30 }), { message: '`size: 30` is less than the 34 bytes' });
  t.throws(() => buildFrame({ payload: { text: 'abc', length: 2 } }), { message: '`payload` has 3 bytes' });
  t.equal(buildFrame({ vlan: 5, ip6: {}, tcp: {} }, { size: 9000 }).length, 9000);
  t.end();
});
