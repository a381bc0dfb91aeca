import assert from 'node:assert/strict';
import type { GuestOptions, StartedGuest } from 'bpfrig';

/** A guest with the firewall's object. */
export const OPTIONS: GuestOptions = {
  topology: 'veth',
  objects: { fw: './fw.bpf.c' },
  from: import.meta.dirname,
};

/** The firewall drops what is on its list, counts it, and passes everything else. */
export async function dropsWhatIsListed(guest: StartedGuest): Promise<void> {
  await guest.load({ object: 'fw', globals: { count_drops: 1 } });
  await guest.maps.fill({ map: 'fw.blocklist', entries: [{ key: '198.18.0.66', value: 0 }] });
  await guest.attach({ program: 'fw.filter', to: 'rx', mode: 'native' });

  const frames = await guest.capture('rx', async () => {
    await guest.packets({ frames: [{ ip: { src: '198.18.0.66' }, udp: {} }], count: 30 });
    await guest.packets({ frames: [{ ip: { src: '198.18.0.7' }, udp: {} }], count: 70 });
  });
  assert.equal(frames.length, 70);

  // Packets that are dropped have to be expected: this rejects without `xdp.drop == 30`.
  const { ledger } = await guest.expectLedger('xdp.drop == 30', 'stack.delivered == 70');
  assert.ok(ledger.stages.every(({ residual }) => residual === 0));
  const entry = await guest.maps.lookup({ map: 'fw.blocklist', key: '198.18.0.66' });
  assert.equal(entry.decoded, 30);
}
